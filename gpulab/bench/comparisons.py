"""Real trainings that differ in nothing but their seeds, compared: how often does a comparison claim something?

1,000 short trainings of preset nano are 100 arms of 10 seeds, arms in turn; each arm is compared with the next two,
which makes 200 comparisons of like with like. Seeds differ between the arms too, for equal ones would be equal bit for
bit. What has been trained is kept until all is, so that a measurement that broke off goes on where it was; it takes
about 20 minutes on two cores.
"""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from gpulab.analysis.changes import Change, Judgement
from gpulab.analysis.error_shares import errors_of
from gpulab.analysis.intervals import Interval, median
from gpulab.analysis.observations import Observation
from gpulab.analysis.sequential import judge
from gpulab.bench.repeats import Repeat, can_repeat, experiment, repeats
from gpulab.bench.rows import Row, Target, measured, not_shown
from gpulab.hardware.libraries import versions
from gpulab.hardware.machine import this_machine
from gpulab.spec.comparison import Arm, Comparison, Rules
from gpulab.spec.files import experiment_hash

NEIGHBOURS = (1, 2)
"""With which of the arms that follow it each arm is compared."""

_FALSE = "comparisons of like with like that claim a difference"


class Size(msgspec.Struct, frozen=True):
    """How much is trained: `arms` of `seeds` runs of `steps` steps each."""

    arms: int
    seeds: int
    steps: int

    @property
    def rules(self) -> Rules:
        return Rules(least_seeds=min(Rules().least_seeds, self.seeds), most_seeds=self.seeds)


def run(quick: bool) -> list[Row]:
    """The share of false claims, how often the truth is in the intervals, and what would have been found."""
    if not can_repeat():
        return [not_shown(_FALSE, "share", "", None, "this system cannot fork a process")]
    size = Size(3, 2, 20) if quick else Size(100, 10, 60)
    file = _kept(size)
    found = _trained(size, file)
    rows = rows_of(found, size)
    file.unlink(missing_ok=True)  # the next measurement measures
    return rows


def _kept(size: Size) -> Path:
    """Where trainings of this size wait for the rest of them: other code or another machine has another file."""
    import platformdirs

    machine = this_machine()
    libraries = sorted(versions(("torch", "numpy")).items())
    facts = (experiment_hash(experiment(size.steps, 0)), libraries, machine.processor, machine.cores)
    digest = hashlib.sha256(msgspec.json.encode(facts)).hexdigest()[:16]
    return Path(platformdirs.user_cache_dir("gpulab"), "bench", f"comparisons-{digest}.jsonl")


def _trained(size: Size, file: Path) -> list[Repeat]:
    """A training for each seed, those from `file` included; each is kept there as soon as it ended."""
    seeds = range(1, size.arms * size.seeds + 1)
    done = {repeat.seed: repeat for repeat in read(file) if repeat.seed in seeds}
    missing = [seed for seed in seeds if seed not in done]
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as kept:
        for repeat in repeats(missing, size.steps, this_machine().cores):
            done[repeat.seed] = repeat
            kept.write(b"\n" + msgspec.json.encode(repeat))  # a line that was cut off stands alone
            kept.flush()
    return [done[seed] for seed in seeds]


def read(file: Path) -> Iterator[Repeat]:
    """The trainings kept in `file`; a line that a sudden end cut off is none."""
    if file.is_file():
        for line in file.read_bytes().splitlines():
            try:
                yield msgspec.json.decode(line, type=Repeat)
            except msgspec.DecodeError:
                continue


def rows_of(found: Sequence[Repeat], size: Size) -> list[Row]:
    """What comparisons of these trainings, the arms in turn, show."""
    ends = [_conducted(base, new, size) for base, new in _neighbours(found, size)]
    how = (
        f"{len(ends)} comparisons of {len(found)} real trainings of preset nano ({size.steps} steps, one thread), "
        f"{size.rules.least_seeds} to {size.rules.most_seeds} seeds; each training is read by up to "
        f"{2 * len(NEIGHBOURS)} of them"
    )
    exact = f"{how}; interval by Clopper and Pearson"
    judged = [one for end in ends for one in end.changes if one.metric in end.tested]
    held = [one.low <= 0.0 <= one.high for one in judged]
    quality = [100.0 * one.detectable for one in judged if one.metric == "test_bits_per_byte"]
    return [
        measured(_FALSE, _share([end.claimed for end in ends]), "share", exact, Target("at most", 0.056)),
        measured("intervals that hold the truth", _share(held), "share", exact, Target("at least", 0.93)),
        measured("smallest change in bits per byte that shows", median(quality), "%", how, Target("at most", 1.0)),
        measured("seeds until a comparison ends", median([end.seeds for end in ends]), "seeds", how),
    ]


class _End(msgspec.Struct, frozen=True):
    """How a comparison ended: after how many seeds, with what, and whether any look claimed anything."""

    seeds: int
    changes: tuple[Change, ...]
    tested: frozenset[str]
    claimed: bool


def _neighbours(found: Sequence[Repeat], size: Size) -> Iterator[tuple[Sequence[Repeat], Sequence[Repeat]]]:
    arms = [found[number :: size.arms] for number in range(size.arms)]  # neighbours ran at about the same time
    for number, arm in enumerate(arms):
        for further in NEIGHBOURS:
            yield arm, arms[(number + further) % len(arms)]


def _conducted(base: Sequence[Repeat], new: Sequence[Repeat], size: Size) -> _End:
    """Looks after each seed, as a conductor does, and goes on after the end: no later look may claim anything."""
    asked = Comparison("Like with like", "variants", (Arm("base", "Base"), Arm("new", "New")), size.rules)
    seen = _observations({"base": base, "new": new})
    looks = range(size.rules.least_seeds, size.seeds + 1)
    judgements = [judge(asked, [one for one in seen if one.seed < count]) for count in looks]
    last = next((at for at, one in enumerate(judgements) if not one.undecided), len(judgements) - 1)
    tested = frozenset(metric for _, metric in errors_of(asked))
    return _End(looks[last], judgements[last].changes, tested, any(map(_claims, judgements)))


def _claims(judgement: Judgement) -> bool:
    return any(change.word in ("better", "worse") for change in judgement.changes)


def _observations(arms: Mapping[str, Sequence[Repeat]]) -> list[Observation]:
    return [
        Observation(arm, seed, "done", f"{arm}-{seed}", repeat.figures)
        for arm, runs in arms.items()
        for seed, repeat in enumerate(runs)
    ]


def _share(events: Sequence[bool]) -> Interval:
    """The share of events that came true, with its exact 95 % interval."""
    from scipy.stats import binomtest

    bounds = binomtest(sum(events), len(events)).proportion_ci(0.95)
    return Interval(statistics.fmean(events), float(bounds.low), float(bounds.high))
