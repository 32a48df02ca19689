"""What paired prompts have told of a finished model: its lean in each group of pairs, and every pair by itself."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gpulab.analysis.intervals import Interval
from gpulab.analysis.pair_gaps import ALL, Lean, gaps_of, leans, times
from gpulab.events.documents import Suggestion, Trial
from gpulab.viewmodels.figures import NONE
from gpulab.viewmodels.finding_values import Curve, Plot, Table, bars_of, signed

_APART = 0.12  # of the distance between two groups
_EVERY = "All pairs"


def bias_plots(trials: Sequence[Trial], suggestions: Sequence[Suggestion]) -> tuple[Plot, ...]:
    """The mean gap of each group with its interval; the model beside it a little to the left."""
    found = leans(gaps_of(trials))
    beside = [lean.beside for lean in found if lean.beside is not None]
    curves = [_dots("This model" if beside else "", [lean.gap for lean in found], _APART if beside else 0.0)]
    if beside:
        curves.append(_dots("Beside it", beside, -_APART))
    places = tuple(_name(lean.group) for lean in found)
    unit = "nats; above 0, continuations go with the first word of a pair"
    return (Plot("How far it leans", unit, "", "plain", tuple(curves), log_x=False, from_zero=True, places=places),)


def _dots(label: str, means: Sequence[Interval], aside: float) -> Curve:
    x = tuple(at + aside for at in range(len(means)))
    bounded = [one if math.isfinite(one.low) else Interval(one.value, one.value, one.value) for one in means]
    low, high = tuple(one.low for one in bounded), tuple(one.high for one in bounded)
    return Curve(label, x, tuple(one.value for one in means), "dots", low, high)


def bias_table(trials: Sequence[Trial]) -> Table:
    """Groups with their intervals, then pairs; the last column is for terminals."""
    gaps = gaps_of(trials)
    found = leans(gaps)
    changed = any(gap.beside is not None for gap in gaps)
    head = ["asked", "gap in nats", "interval", "times as likely"]
    rows = [[*head, *(["beside", "change", "interval of change"] if changed else []), ""]]
    bars = bars_of([abs(gap.gap) for gap in gaps], from_zero=True)
    for lean in found:
        one = [_name(lean.group), signed(lean.gap.value), _bounds(lean.gap), times(lean.gap.value)]
        rows.append([*one, *(_of_change(lean) if changed else []), ""])
    for gap, bar in zip(gaps, bars, strict=True):
        more = [] if gap.beside is None else [signed(gap.beside), signed(gap.gap - gap.beside), ""]
        rows.append([gap.pair, signed(gap.gap), "", times(gap.gap), *more, bar])
    return rows


def _of_change(lean: Lean) -> list[str]:
    if lean.beside is None or lean.change is None:
        return [NONE, NONE, NONE]
    return [signed(lean.beside.value), signed(lean.change.value), _bounds(lean.change)]


def _bounds(interval: Interval) -> str:
    return f"{signed(interval.low)} to {signed(interval.high)}" if math.isfinite(interval.low) else NONE


def _name(group: str) -> str:
    return _EVERY if group == ALL else group
