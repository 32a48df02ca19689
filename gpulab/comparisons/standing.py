"""How a comparison stands: everything a screen, a report or the command line says of it, read from its folder."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from gpulab.analysis.changes import Judgement
from gpulab.analysis.observations import Observation
from gpulab.comparisons import course, remembered
from gpulab.comparisons.ahead import Ran, planned_runs, seconds_left
from gpulab.comparisons.folder import load
from gpulab.comparisons.observing import observed
from gpulab.comparisons.variants import seed_at
from gpulab.events.documents import AnyDocument, ArmRun, ArmTuned, ComparisonStarted, Notice
from gpulab.events.reader import Reader
from gpulab.hardware.strain import THROTTLED, WAITED
from gpulab.runs.digest import Digest
from gpulab.runs.reading import Reading, digest_of
from gpulab.runs.state import ACTIVE, state_of
from gpulab.spec.comparison import Arm, Comparison
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import Argument, BadInput

WAITS = "waits_for_comparison"
"""The notice that another comparison is at work on this machine."""

State = Literal["waiting", "working", "done", "stopped", "failed", "vanished"]


class Standing(msgspec.Struct, frozen=True):
    """A comparison as it is now.

    `reason` and `arguments` are a sentence of `gpulab.words` on how it ended, empty while it works. `judgement` is of
    the seeds for which every arm's run has ended. `current` is the run at work and `current_share` how much of its
    steps is done. `planned_runs` are those until the next look, runs that serve two arms counted once; `seconds_left`
    is an estimate for them, None as long as there is nothing to tell it from. `runs` holds each arm's runs by seed,
    also where two arms share one.
    """

    folder: Path
    comparison: Comparison
    experiments: Mapping[str, Experiment]
    observations: list[Observation]
    judgement: Judgement
    state: State
    reason: str = ""
    arguments: Mapping[str, Argument] = {}
    current: tuple[str, int, Path] | None = None
    current_share: float = 0.0
    done_runs: int = 0
    planned_runs: int = 0
    seconds_left: float | None = None
    tuned: Mapping[str, float] = {}
    runs: Mapping[tuple[str, int], Path] = {}
    notices: tuple[Notice, ...] = ()
    complete_seeds: int = 0
    in_line: bool = False


def read(folder: Path) -> Standing:
    """How the comparison in `folder` stands. Raises BadInput where there is none, or it cannot be read."""
    return Watching(folder).read()


_BROKEN = frozenset({"stopped", "failed", "vanished"})


class Watching:
    """Reads one comparison again and again: of its records only what is new, a judgement only of what has changed."""

    def __init__(self, folder: Path) -> None:
        self.comparison, self.experiments = load(folder)
        self.folder = folder.resolve()
        self._reader = Reader(self.folder)
        self._runs: dict[tuple[str, int], ArmRun] = {}
        self._readings = remembered.readings(self.folder)
        self._kept = sum(reading.offset for reading in self._readings.values())
        self._tuned: dict[str, float] = {}
        self._notices: list[Notice] = []
        self._unfair: dict[tuple[Argument, Argument], str] = {}
        self._in_line = False
        self._judged: tuple[list[Observation], Judgement] | None = None

    def read(self) -> Standing:
        """How the comparison stands now."""
        self._catch_up()
        digest = digest_of(self.folder)
        state = state_in(self.folder, digest)
        ran = {key: self._ran(document) for key, document in self._runs.items()}
        observations = self._observations(ran)
        states = {(one.arm, one.seed): one.state for one in observations}
        running, seeds = course.running_arms(self.comparison), self.seeds
        complete = course.complete(running, seeds, states)
        if self.comparison.question == "runs":
            complete = sum(all((arm, seed) in states for arm in running) for seed in seeds)
        ended = state not in ("waiting", "working")
        if ended:
            self._keep()
        judgement = self._judge([one for one in observations if ended or one.seed in seeds[:complete]])
        at_work = next(((key, one) for key, one in ran.items() if one.state in ACTIVE), None)
        whole = state == "done" or self.comparison.question == "runs"
        planned = list(ran) if whole else planned_runs(self.comparison, complete, states, seeds)
        over = course.ENDED - {"stopped"} if ended and not whole else course.ENDED  # it would go on with that run
        missing = [key for key in planned if states.get(key) not in over]
        arms = self.comparison.arms
        return Standing(
            folder=self.folder,
            comparison=self.comparison,
            experiments=self.experiments,
            observations=observations,
            judgement=judgement,
            state=state,
            reason="comparison_vanished" if state == "vanished" else digest.reason if ended else "",
            arguments=digest.arguments if ended and state != "vanished" else {},
            current=(*at_work[0], at_work[1].run_dir) if at_work else None,
            current_share=_share(at_work[1].digest) if at_work else 0.0,
            done_runs=len(planned) - len(missing),
            planned_runs=len(planned),
            seconds_left=seconds_left(ran, missing) if state == "working" else None,
            tuned={arm.key: self._tuned[of] for arm in arms if (of := self.comparison.trained_by(arm)) in self._tuned},
            runs=self._by_arm({key: one.run_dir for key, one in ran.items()}),
            notices=tuple(self._notices),
            complete_seeds=complete,
            in_line=state == "working" and self._in_line,
        )

    @functools.cached_property
    def seeds(self) -> list[int]:
        """The seeds that the comparison may come to; of runs that were there before, those that they have."""
        if self.comparison.question == "runs":
            self._catch_up()
            return sorted({seed for _, seed in self._runs})
        return [seed_at(self.comparison, self.experiments, index) for index in range(self.comparison.rules.most_seeds)]

    def _catch_up(self) -> None:
        for batch in self._reader.batches():
            self._take(batch)
        if self._reader.problem:
            raise BadInput(self._reader.problem)

    def _take(self, documents: Sequence[AnyDocument]) -> None:
        for document in documents:
            self._in_line = isinstance(document, Notice) and document.key == WAITS
            match document:
                case ArmRun():
                    self._runs[document.arm, document.seed] = document
                    self._unfair.pop((document.arm, document.seed), None)
                case ArmTuned():
                    self._tuned[document.arm] = document.learning_rate
                case Notice():
                    self._notices.append(document)
                    if document.key in (WAITED, THROTTLED):
                        told = document.arguments
                        self._unfair[told.get("arm", ""), told.get("seed", "")] = document.key
                case ComparisonStarted():
                    self._notices.clear()
                case _:
                    pass

    def _ran(self, document: ArmRun) -> Ran:
        run_dir = self.folder / document.run  # an absolute path stays what it is
        digest = self._readings.setdefault(document.run, Reading()).catch_up(run_dir)
        state = state_of(run_dir, digest) if run_dir.is_dir() else "vanished"  # somebody deleted it
        return Ran(document.at, run_dir, digest, state)

    def _keep(self) -> None:
        """Whoever opens it next need not read what nobody adds to any more."""
        read = sum(reading.offset for reading in self._readings.values())
        if read != self._kept:
            self._kept = read
            remembered.keep(self.folder, self._readings)

    def _by_arm(self, runs: Mapping[tuple[str, int], Path]) -> dict[tuple[str, int], Path]:
        """`runs` by who has them or reads them; where an arm has none, what it would have started from."""
        found: dict[tuple[str, int], Path] = {}
        for arm in self.comparison.arms:
            for source in (arm.starts_from, arm.runs_of or arm.key):
                found |= {(arm.key, seed): run_dir for (of, seed), run_dir in runs.items() if of == source}
        return found

    def _observations(self, ran: Mapping[tuple[str, int], Ran]) -> list[Observation]:
        found = []
        for arm in self.comparison.arms:
            source = arm.runs_of or arm.key
            for seed in dict.fromkeys(seed for of, seed in ran if of in (source, arm.starts_from)):
                own, trained = ran.get((source, seed)), ran.get((arm.starts_from, seed))
                if own:
                    said = (self._runs[source, seed].run, own.digest, own.state, self._unfairness(arm, seed))
                    origin = trained.digest if trained else None
                    found.append(observed(arm, seed, self.experiments[source], *said, trained=origin))
                elif trained and trained.state in _BROKEN:  # then there is nothing to start from
                    said = (self._runs[arm.starts_from, seed].run, trained.digest, trained.state, "")
                    found.append(observed(arm, seed, self.experiments[source], *said))
        return found

    def _unfairness(self, arm: Arm, seed: int) -> str:
        """Why the speeds that `arm` reads are not to be compared: those of its run, or of the training before it."""
        read = ((source, seed) for source in (arm.runs_of or arm.key, arm.starts_from))
        return next((self._unfair[key] for key in read if key in self._unfair), "")

    def _judge(self, observations: list[Observation]) -> Judgement:
        if self._judged is None or self._judged[0] != observations:
            from gpulab.analysis.sequential import judge

            self._judged = (observations, judge(self.comparison, observations))
        return self._judged[1]


def state_in(folder: Path, digest: Digest | None = None) -> State:
    """What the comparison in `folder` does; `digest` spares reading its record again."""
    state = state_of(folder, digest)
    if state in ACTIVE:
        return "working"
    match state:
        case "done" | "stopped" | "failed" | "vanished":
            return state
        case _:
            return "waiting"


def _share(digest: Digest) -> float:
    """How much of a run's steps is done, 0 to 1."""
    return min(digest.step / digest.steps, 1.0) if digest.steps else 0.0
