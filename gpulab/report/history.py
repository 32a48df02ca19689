"""What a run's record tells a report: its documents but for the samples, and its curves with no more points than show.

Curves of many runs become one line with a band: the mean over seeds, between the lowest and the highest of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from gpulab.events.documents import AnyDocument, Notice, RunEnded, RunResumed, RunStarted, TextGenerated
from gpulab.report.drawings import Line
from gpulab.runs import columns
from gpulab.spec.problem import Problem

_POINTS = 240  # more than a printed figure can show apart

Curve = tuple[tuple[float, ...], tuple[float, ...]]


class History:
    """The record of the run in `run_dir` as it is now."""

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir
        self._columns = columns.read(run_dir)
        self._others = [document for _, document in self._columns.others()]

    @property
    def problem(self) -> Problem | None:
        """Where the record is damaged."""
        return self._columns.problem

    @cached_property
    def started(self) -> RunStarted | None:
        return next((one for one in self._others if isinstance(one, RunStarted)), None)

    @cached_property
    def ended(self) -> RunEnded | None:
        """How it ended; None where it goes on or was resumed since."""
        last = next((one for one in reversed(self._others) if isinstance(one, RunEnded | RunResumed)), None)
        return last if isinstance(last, RunEnded) else None

    @property
    def notices(self) -> list[Notice]:
        return [one for one in self._others if isinstance(one, Notice)]

    @property
    def texts(self) -> list[TextGenerated]:
        return [one for one in self._others if isinstance(one, TextGenerated)]

    @property
    def documents(self) -> list[AnyDocument]:
        """Everything but the samples."""
        return self._others

    def curve(self, key: str, over: str = "step") -> Curve:
        """Steps (or `seconds`) and values of the series `key`; both empty where it was never measured."""
        steps = self._columns.steps(key) if over == "step" else getattr(self._columns, over)[self._columns.rows(key)]
        return thinned(steps.tolist(), self._columns.values(key).tolist())


def read_curve(run_dir: Path, key: str, over: str = "step") -> Curve:
    """The curve `key` of the run at `run_dir`."""
    return History(run_dir).curve(key, over)


def thinned(x: Sequence[float], y: Sequence[float], points: int = _POINTS) -> Curve:
    """The same curve through at most `points` means of neighbours; its last value stays what it is."""
    if len(x) <= points:
        return tuple(x), tuple(y)
    edges = [round(place * (len(x) - 1) / (points - 1)) for place in range(points)]
    pieces = [(x[a:b], y[a:b]) for a, b in pairwise(edges) if b > a]
    xs = [sum(piece) / len(piece) for piece, _ in pieces]
    ys = [sum(piece) / len(piece) for _, piece in pieces]
    return (*xs, x[-1]), (*ys, y[-1])


def banded(letter: str, index: int, curves: Sequence[Curve]) -> Line | None:
    """The mean of `curves` as far as all of them reach, in a band from the lowest to the highest; None for none.

    Where they were not measured at the same places they are read between their points.
    """
    known = [curve for curve in curves if curve[0]]
    if not known:
        return None
    x, ys = _aligned(known)
    mean = tuple(sum(values) / len(values) for values in zip(*ys, strict=True))
    if len(known) == 1:
        return Line(letter, index, x, mean)
    return Line(letter, index, x, mean, tuple(map(min, *ys)), tuple(map(max, *ys)))


def _aligned(curves: Sequence[Curve]) -> tuple[tuple[float, ...], list[tuple[float, ...]]]:
    """Shared places, and each curve's values there."""
    if len({x for x, _ in curves}) == 1:
        return curves[0][0], [y for _, y in curves]
    import numpy as np

    first, last = max(x[0] for x, _ in curves), min(x[-1] for x, _ in curves)
    places = np.linspace(first, last, min(_POINTS, max(len(x) for x, _ in curves)))
    return tuple(places.tolist()), [tuple(np.interp(places, x, y).tolist()) for x, y in curves]
