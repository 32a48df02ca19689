"""The tables of a comparison's report; every figure is written by `gpulab.analysis.figures`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gpulab.analysis import figures, who_pays
from gpulab.analysis.case import Extras
from gpulab.analysis.changes import Change
from gpulab.analysis.metrics import BY_KEY, METRICS, Metric
from gpulab.analysis.numerals import count, duration, si
from gpulab.analysis.observations import Observation
from gpulab.analysis.reaching import Reached, Taken
from gpulab.comparisons.standing import Standing
from gpulab.report.model import Cell, Column, Table, Tone
from gpulab.report.outcome import WORDS, word_of
from gpulab.report.settings import differences
from gpulab.report.sides import Sides
from gpulab.runs.reading import digest_of
from gpulab.spec.comparison import Arm
from gpulab.words import sentence

ExtrasByArm = Mapping[str, Extras]
_TONES: dict[str, Tone] = {"better": "good", "worse": "bad", "too_few": "muted"}
_STATES = {
    "waiting": "waiting",
    "running": "at work",
    "done": "done",
    "stopped": "stopped",
    "failed": "failed",
    "vanished": "cut off",
    "diverged": "diverged",
}
_MOST_DOCUMENTS = 6


def sides(standing: Standing, sides: Sides) -> Iterator[Table]:
    """Each side with its differences from the baseline."""
    comparison = standing.comparison
    base = standing.experiments[comparison.baseline.key]
    nothing = Cell("")
    first = Cell(comparison.baseline.name, side=sides[comparison.baseline.key])
    rows = [(first, Cell("the baseline", "muted"), nothing, nothing)]
    for arm in comparison.arms[1:]:
        differing = [*_part(comparison.baseline, arm), *differences(base, standing.experiments[arm.key])]
        for place, (name, ours, theirs) in enumerate(differing or [("nothing", "", "")]):
            head = Cell("" if place else arm.name, side=sides[arm.key])  # a narrow screen parts the rows
            rows.append((head, Cell(name), Cell(ours, "muted"), Cell(theirs, strong=True)))
    columns = (Column("Side"), Column("Differs in"), Column("Baseline"), Column("Here"))
    yield Table("Sides and their settings.", columns, tuple(rows))


def _part(base: Arm, arm: Arm) -> Iterator[tuple[str, str, str]]:
    """Where both sides are one training, what differs is which of its models is judged."""
    if (base.runs_of or base.key) == (arm.runs_of or arm.key) and base.part != arm.part:
        named = {"final": "the compressed one", "trained": "the trained one"}
        yield "Model that is judged", named[base.part], named[arm.part]


def changes(standing: Standing, sides: Sides) -> Iterator[Table]:
    """A table for each side: what is judged first, what stands beside it after that."""
    for arm in standing.comparison.arms[1:]:
        told = [(metric, standing.judgement.of(arm.key, metric.key)) for metric in METRICS]
        known = [(metric, change) for metric, change in told if change is not None]
        if known:
            known.sort(key=lambda one: not one[0].judged)
            yield Table(
                f"{sides[arm.key].letter} {arm.name}, against the baseline.",
                (
                    Column("Figure"),
                    Column("Baseline", number=True),
                    Column("Here", number=True),
                    Column("Change", number=True),
                    Column(f"{figures.LEVEL} interval", number=True),
                    Column("In a word"),
                ),
                tuple(_change_row(metric, change) for metric, change in known),
            )


def _change_row(metric: Metric, change: Change) -> tuple[Cell, ...]:
    return (
        Cell(metric.label),
        Cell(figures.written(metric, change.base)),
        Cell(figures.written(metric, change.value)),
        Cell(figures.written_change(change), _TONES.get(change.word, "") if metric.judged else "muted"),
        Cell(figures.written_interval(change)),
        _word(change) if metric.judged else Cell("not judged", "muted"),
    )


def _word(change: Change) -> Cell:
    """The word; without a difference, what would have shown, and while it is open, from how many pairs."""
    if change.word == "same" and change.detectable > 0:
        return Cell(WORDS["same"], note=f"{figures.written_detectable(change)} would have shown")
    if change.word == "too_few":
        return Cell(word_of(change), "muted", note=f"{change.pairs} pairs of runs")
    return Cell(WORDS[change.word], _TONES.get(change.word, ""))


def equal_quality(extras: ExtrasByArm, sides: Sides) -> Iterator[Table]:
    """What it took each side to learn as much as the baseline's runs ended with."""
    reached = {arm: one.reached for arm, one in extras.items() if one.reached is not None and one.reached.seconds}
    if not reached:
        return
    rows = tuple(row for arm, one in reached.items() for row in _reached_rows(arm, one, sides))
    columns = (
        Column("Side"),
        Column("Until then"),
        Column("Baseline", number=True),
        Column("Here", number=True),
        Column("Change", number=True),
        Column(f"{figures.LEVEL} interval", number=True),
    )
    yield Table("Until a side was as good on validation text as the baseline's runs at their end.", columns, rows)


def _reached_rows(arm: str, one: Reached, sides: Sides) -> Iterator[tuple[Cell, ...]]:
    kinds = (
        ("steps", one.steps, count),
        ("tokens", one.tokens, si),
        ("training time", one.seconds, duration),
        ("energy", one.joules, lambda joules: si(joules, "J")),
        ("money, at your prices", one.money, figures.money),
    )
    told: list[tuple[str, Taken]] = []
    for label, taken, write in kinds:
        if taken is None:
            continue
        head = Cell("") if told else Cell(sides[arm].name, side=sides[arm])
        note = "an estimate: its curve was drawn on" if one.how == "estimate" and not told else ""
        change = taken.change
        told.append((label, taken))
        yield (
            head,
            Cell(label, note=note),
            Cell(write(taken.base.value)),
            Cell(write(taken.value.value)),
            Cell(figures.relative(change.value)),
            Cell(figures.between(change.value, change.low, change.high)),
        )


def slices(standing: Standing, extras: ExtrasByArm, sides: Sides) -> Iterator[Table]:
    """A table for each side: how each part of the text fared, who lost most first."""
    for arm, one in extras.items():
        if not who_pays.tellable(one.slices):
            continue
        rows = []
        documents = [part for part in one.slices if part.name.startswith("document/")]
        shown = [part for part in one.slices if part not in documents[_MOST_DOCUMENTS:]]
        for part in shown:
            named = who_pays.named(part.name)
            change = part.change
            note = f"{count(part.bytes)} bytes" + (", too few to tell" if part.tiny else "")
            rows.append(
                (
                    Cell(sentence(named.key, named.arguments), note=note),
                    Cell(figures.written(BY_KEY["test_bits_per_byte"], part.base)),
                    Cell(figures.written(BY_KEY["test_bits_per_byte"], part.value)),
                    Cell(figures.relative(change.value)),
                    Cell(figures.between(change.value, change.low, change.high)),
                    Cell("pays more than the whole", "bad") if part.pays else Cell(""),
                )
            )
        more = len(one.slices) - len(rows)
        left = f" {more} further documents lost less, or are too short to tell." if more else ""
        yield Table(
            f"{sides[arm].letter} {sides[arm].name}: bits per byte in each part of the test text.{left}",
            (
                Column("Part"),
                Column("Baseline", number=True),
                Column("Here", number=True),
                Column("Change", number=True),
                Column("Interval", number=True),
                Column("Who pays"),
            ),
            tuple(rows),
        )


def _state(one: Observation, there: bool) -> Cell:
    """What became of a run; of one that is `there` no more, that."""
    if not there:
        return Cell("not found", "bad")
    tone: Tone = "" if one.state in ("done", "running", "waiting") else "bad"
    return Cell(_STATES[one.state], tone, note="speed not compared" if one.unfair else "")


def runs(standing: Standing, sides: Sides) -> Table:
    """Every run with what traces it; those that were left out are marked."""
    quality = BY_KEY["test_bits_per_byte"]
    rows = []
    for arm in standing.comparison.arms:
        for one in sorted((o for o in standing.observations if o.arm == arm.key), key=lambda o: o.seed):
            digest = digest_of(standing.runs[one.arm, one.seed])
            rows.append(
                (
                    Cell("", side=sides[arm.key]),
                    Cell(str(one.seed)),
                    _state(one, standing.runs[one.arm, one.seed].is_dir()),
                    Cell(figures.written(quality, one.figures.get(quality.key))),
                    Cell(one.run),
                    Cell(digest.experiment_hash),
                )
            )
    columns = (
        Column("Side"),
        Column("Seed", number=True),
        Column("State"),
        Column(quality.label, number=True),
        Column("Folder"),
        Column("Experiment"),
    )
    caption = "Folders are named from the comparison's own. The experiment's hash names everything that was set."
    return Table(caption, columns, tuple(rows))
