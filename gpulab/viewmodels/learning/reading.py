"""What is known of a lesson's works at one moment, read from their folders: states, figures, curves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import msgspec

from gpulab.comparisons import standing
from gpulab.comparisons.folder import is_comparison
from gpulab.lessons.figures import Figure, results_of
from gpulab.lessons.show import Show, WorkStanding
from gpulab.spec.lesson import Bet, Lesson, Reveal
from gpulab.spec.lesson import Show as ShowStep
from gpulab.spec.lesson_bindings import binding
from gpulab.spec.lesson_text import bindings_in
from gpulab.spec.problem import Argument
from gpulab.viewmodels.comparing.curves import CurveStore

WorkState = Literal["waiting", "working", "stopped", "done", "failed", "impossible"]
NOTHING: Mapping[Any, Any] = MappingProxyType({})
_STATES: Mapping[str, WorkState] = {"missing": "waiting", "waiting": "stopped"}


class Progress(msgspec.Struct, frozen=True):
    """How a work stands. `share` from 0 to 1; `at` names the side that trains now; `reason` and `arguments` its end.

    `recorded` says where and when the recording that is shown was made; empty for the room's own runs.
    """

    state: WorkState = "waiting"
    share: float = 0.0
    seconds_left: float | None = None
    at: str = ""
    reason: str = ""
    arguments: Mapping[str, Argument] = {}
    recorded: str = ""


@dataclass(frozen=True)
class Curve:
    """A line of a chart, `x` and `y` arrays of one length; `place` gives it colour, dash and mark."""

    name: str
    place: int
    x: Any
    y: Any

    def until(self, share: float) -> Curve:
        """Its first part."""
        count = max(1, round(share * len(self.x)))
        return Curve(self.name, self.place, self.x[:count], self.y[:count])


@dataclass(frozen=True)
class Reading:
    """All of it. `figures` by binding, `curves` by work and series."""

    works: Mapping[str, Progress] = field(default_factory=lambda: NOTHING)
    figures: Mapping[str, Figure] = field(default_factory=lambda: NOTHING)
    curves: Mapping[tuple[str, str], tuple[Curve, ...]] = field(default_factory=lambda: NOTHING, compare=False)

    def progress(self, work: str) -> Progress:
        """How the work of that key stands."""
        return self.works.get(work, Progress())

    def figure(self, path: str) -> Figure:
        """The figure that `path` is bound to; a dash while it is not known."""
        return self.figures.get(path) or Figure(path)


def bindings_of(lesson: Lesson) -> frozenset[str]:
    """Everything that the lesson's steps show a figure of."""

    def found() -> Iterator[str]:
        for step in lesson.steps:
            yield from bindings_in(step.text)
            if isinstance(step, Bet):
                yield step.about
            if isinstance(step, ShowStep | Reveal):
                yield from step.figures

    return frozenset(found())


class ShowReader:
    """Reads one showing again and again, each time only what can have changed. For one thread at a time."""

    def __init__(self, show: Show, charts: frozenset[tuple[str, str]]) -> None:
        self.show, self._charts = show, charts
        self._store = CurveStore()
        self._paths = [binding(path, show.lesson) for path in sorted(bindings_of(show.lesson))]
        self._known: dict[str, tuple[object, Figure]] = {}

    def read(self) -> Reading:
        """How everything stands now. Raises BadInput."""
        at = {work.key: self.show.standing(work.key) for work in self.show.lesson.work}
        works = {key: _progress(one) for key, one in at.items()}
        return Reading(works, self._figures(at), {one: tuple(self._curves(at[one[0]], one[1])) for one in self._charts})

    def _figures(self, at: Mapping[str, WorkStanding]) -> dict[str, Figure]:
        results = results_of(self.show)
        found = {}
        for bound in self._paths:
            now = at[bound.work]
            over = now.state in ("done", "failed")
            stamp = (now.state, now.folders) if over else bound.before_running
            known = self._known.get(bound.path)
            if known is None or known[0] != stamp:
                figure = results.figure(bound.path) if over or bound.before_running else results.open(bound.path)
                known = self._known[bound.path] = (stamp, figure)
            found[bound.path] = known[1]
        return found

    def _curves(self, at: WorkStanding, series: str) -> Iterator[Curve]:
        if not at.folders:
            return
        if is_comparison(at.folders[0]):
            now = standing.read(at.folders[0])
            runs, names = now.runs, {arm.key: arm.name for arm in now.comparison.arms}
        else:
            runs, names = {("", place): path for place, path in enumerate(at.folders)}, {"": ""}
        places = {key: place for place, key in enumerate(names)}
        for band in self._store.bands(runs, list(names), series, "step"):
            yield Curve(names[band.arm], places[band.arm], band.x, band.middle)


def _progress(at: WorkStanding) -> Progress:
    recorded = f"{at.recording.machine}, {at.recording.date}" if at.recording else ""
    state: Any = _STATES.get(at.state, at.state)
    made = Progress(state, at.share, None, "", at.reason, at.arguments, recorded)
    if at.state == "working" and at.folders and is_comparison(at.folders[0]):
        now = standing.read(at.folders[0])
        side = now.current[0] if now.current else ""
        names = {arm.key: arm.name for arm in now.comparison.arms}
        return msgspec.structs.replace(made, seconds_left=now.seconds_left, at=names.get(side, ""))
    return made


def recorded_until(reading: Reading, work: str, share: float) -> Reading:
    """`reading` as if the recording of `work` had been played so far: 0 is not begun, 1 all of it."""
    now = reading.progress(work)
    state: WorkState = "waiting" if share <= 0.0 else "working" if share < 1.0 else "done"
    works = {**reading.works, work: msgspec.structs.replace(now, state=state, share=share)}
    if share >= 1.0:
        return Reading(works, reading.figures, reading.curves)
    hidden = {path: one for path, one in reading.figures.items() if path.split(".")[0] != work}
    curves = {
        key: tuple(one.until(share) for one in lines) if share > 0.0 else ()
        for key, lines in reading.curves.items()
        if key[0] == work
    }
    return Reading(works, hidden, {**reading.curves, **curves})
