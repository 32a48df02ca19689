"""The table of a comparison: a row a metric, a column an arm, every figure written where the verdicts take it from."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Literal

import msgspec

from gpulab.analysis import figures
from gpulab.analysis.changes import Because, Change, Judgement, Word
from gpulab.analysis.metrics import METRICS, Metric
from gpulab.analysis.numerals import NONE
from gpulab.analysis.observations import Observation, pairs
from gpulab.spec.comparison import Comparison

Tone = Literal["good", "bad", "same", "open", "beside", "base", "none"]
"""better, worse, no measurable difference, too few runs; shown beside without a verdict; the baseline; not measured."""

TONES: dict[Word, Tone] = {"better": "good", "worse": "bad", "same": "same", "too_few": "open"}


_TIMED = ("speed", "energy", "money")
"""Families of figures that a slowed run spoils."""


class Cell(msgspec.Struct, frozen=True):
    """One arm's figure. Texts are empty where there is nothing to say; `way` is which way the figure went: 1, 0, -1.

    `base` is what it was measured against; an `exact` figure cannot vary between seeds. `because` says why a change is
    open though its interval leaves out zero.
    """

    arm: str
    tone: Tone
    value: str = ""
    change: str = ""
    interval: str = ""
    way: int = 0
    detectable: str = ""
    region: str = ""
    seeds: int = 0
    base: str = ""
    exact: bool = False
    because: Because = ""


class Row(msgspec.Struct, frozen=True):
    """One metric. `judged` is False where figures only stand beside the verdict."""

    metric: Metric
    cells: tuple[Cell, ...]

    @property
    def judged(self) -> bool:
        return self.metric.judged


def rows(comparison: Comparison, observations: Sequence[Observation], judgement: Judgement) -> tuple[Row, ...]:
    """The rows of every metric that some finished run tells, judged ones first; cells are in the arms' order."""
    found = []
    for metric in sorted(METRICS, key=lambda one: not one.judged):
        cells = tuple(_cell(comparison, arm.key, metric, observations, judgement) for arm in comparison.arms)
        if any(cell.tone != "none" for cell in cells):
            found.append(Row(metric, cells))
    return tuple(found)


def values_of(observations: Sequence[Observation], arm: str, key: str) -> list[tuple[int, float]]:
    """Seed and figure of every finished run of `arm` that tells `key`, by seed."""
    told = ((one.seed, one.figures[key]) for one in observations if one.arm == arm and key in one.figures)
    done = {one.seed for one in observations if one.arm == arm and one.state == "done"}
    return sorted((seed, value) for seed, value in told if seed in done)


def _cell(
    comparison: Comparison, arm: str, metric: Metric, observations: Sequence[Observation], judgement: Judgement
) -> Cell:
    values = [value for _, value in values_of(observations, arm, metric.key)]
    if not values:
        return Cell(arm, "none")
    base = comparison.baseline.key
    change = judgement.of(arm, metric.key)
    if arm == base:
        return Cell(arm, "base", figures.written(metric, _of_base(metric, values, judgement)), seeds=len(values))
    if change is not None:
        return _judged(metric, change)
    return _beside(metric, values, base, arm, observations)


def _of_base(metric: Metric, values: list[float], judgement: Judgement) -> float:
    """What all arms are measured against; the mean of its runs where that differs from arm to arm."""
    against = {change.base for change in judgement.changes if change.metric == metric.key}
    return against.pop() if len(against) == 1 else statistics.fmean(values)


def _judged(metric: Metric, change: Change) -> Cell:
    tone: Tone = TONES[change.word] if metric.judged else "beside"
    exact = metric.exact
    return Cell(
        change.arm,
        tone,
        figures.written(metric, change.value),
        figures.written_change(change),
        figures.written_interval(change),
        way=way_of(figures.written_change(change)),
        detectable="" if exact else figures.written_detectable(change),
        region=figures.written_region(change),
        seeds=change.pairs,
        base=figures.written(metric, change.base),
        exact=exact,
        because=change.because if metric.judged else "",
    )


def _beside(metric: Metric, values: list[float], base: str, arm: str, observations: Sequence[Observation]) -> Cell:
    """Where nothing was judged: what both sides measured in the same seeds, without a word about it."""
    value = figures.written(metric, statistics.fmean(values))
    timed = metric.family in _TIMED
    both = [
        (one.figures[metric.key], other.figures[metric.key])
        for one, other in pairs(list(observations), base, arm)
        if metric.key in one.figures and metric.key in other.figures and not (timed and (one.unfair or other.unfair))
    ]
    low = sum(one for one, _ in both)
    if not both or low == 0:
        return Cell(arm, "beside", value, seeds=len(both))
    change = sum(other for _, other in both) / low - 1.0
    written = figures.relative(change)
    return Cell(arm, "beside", value, written, way=way_of(written), seeds=len(both))


def way_of(written: str) -> int:
    """Which way a written change went: 1, 0, -1. What is written as nothing went nowhere."""
    return -1 if written.startswith("−") else 0 if written.startswith(("0", NONE)) else 1
