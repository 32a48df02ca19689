"""The shapes in which a job's measurements are shown: charts, heat maps and tables as plain values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import msgspec

from gpulab.events.documents import Suggestion, Trial
from gpulab.spec.problem import Problem
from gpulab.viewmodels.figures import Format, figure

Style = Literal["line", "faint", "dots", "bar"]
Table = list[list[str]]

_DECADES = 3.0  # of a heat map's scale
_HOT = 0.1  # bits per byte: where nothing costs as much, nothing looks as if it did
_BAR = 28  # letters of the longest bar of a table, but one


class Curve(msgspec.Struct, frozen=True):
    """Points in the order in which they were measured; `label` is empty where there is nothing to tell apart.

    `low` and `high` are the ends of each point's interval, where they have one.
    """

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    style: Style = "line"
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


class Mark(msgspec.Struct, frozen=True):
    """A place on the horizontal axis that a suggestion points at; `number` counts suggestions from 0.

    `words` stand there in place of the figure.
    """

    x: float
    number: int
    words: str = ""
    severity: Literal["", "good", "danger"] = ""


class Plot(msgspec.Struct, frozen=True):
    """One chart of a job. `log_x`: the horizontal axis counts powers."""

    title: str
    unit: str
    x_name: str
    format: Format
    curves: tuple[Curve, ...]
    marks: tuple[Mark, ...] = ()
    log_x: bool = True
    from_zero: bool = False
    places: tuple[str, ...] = ()
    """What stands at 0, 1, ... of an axis that counts nothing."""


class Heat(msgspec.Struct, frozen=True):
    """A table whose cells are the warmer the larger their figure; None where nothing was measured yet."""

    title: str
    unit: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]

    def warmth(self, row: int, column: int) -> float:
        """How warm a cell is, 0 to 1: on a scale of powers, because the last amounts cost a hundred times the first."""
        known = [value for line in self.values for value in line if value is not None]
        value = self.values[row][column]
        if value is None or value <= 0:
            return 0.0
        most = max([*known, _HOT])
        return max(0.0, 1.0 + math.log10(value / most) / _DECADES)


class Fall(msgspec.Struct, frozen=True):
    """One step of a waterfall: from `start`, times `ratio` with its bounds; None where it was not measured.

    `reason` says why not, or why it was not kept; `pays_after` is in steps.
    """

    label: str
    start: float
    ratio: float | None
    low: float | None
    high: float | None
    outcome: str
    reason: Problem | None = None
    pays_after: float | None = None


class Waterfall(msgspec.Struct, frozen=True):
    """What each of several changes brought, one on top of the other."""

    title: str
    unit: str
    falls: tuple[Fall, ...]


Chart = Plot | Heat | Waterfall


def pairs_of(trials: Sequence[Trial], x: str, y: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The trials that have both readings, as columns."""
    rows = [(trial.values.get(x), trial.values.get(y)) for trial in trials]
    known = [(a, b) for a, b in rows if a is not None and b is not None]
    return tuple(a for a, _ in known), tuple(b for _, b in known)


def marks_of(suggestions: Sequence[Suggestion], path: str) -> tuple[Mark, ...]:
    found = enumerate(suggestion.changes.get(path) for suggestion in suggestions)
    return tuple(Mark(float(value), number) for number, value in found if isinstance(value, int | float))


def bars_of(values: Sequence[float | None], from_zero: bool = False) -> list[str]:
    """A bar for each value, so that a terminal shows the shape of a curve too."""
    known = [value for value in values if value is not None]
    low = 0.0 if from_zero else min(known, default=0.0)
    span = max(known, default=0.0) - low or 1.0
    return ["█" * (1 + round((value - low) / span * _BAR)) if value is not None else "" for value in values]


def plain(value: float | None) -> str:
    """A figure, or a dash where there is none."""
    return figure(value, "plain")


def signed(value: float | None) -> str:
    """A change to three places; nothing where there is none, and never a minus before zero."""
    return "" if value is None else f"{round(value, 3) + 0.0:+.3f}"
