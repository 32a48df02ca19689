"""What is paid for what: two metrics against each other, one point an arm, and the arms that no other one beats."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import msgspec

from gpulab.analysis.metrics import BY_KEY, METRICS, Metric
from gpulab.analysis.observations import Observation
from gpulab.analysis.pareto import front
from gpulab.spec.comparison import Comparison
from gpulab.viewmodels.comparing.table import values_of


class Point(msgspec.Struct, frozen=True):
    """One arm: its mean, its seeds, and whether it lies on the front."""

    arm: str
    x: float
    y: float
    seeds: tuple[tuple[float, float], ...]
    on_front: bool


class Tradeoff(msgspec.Struct, frozen=True):
    """The picture of two metrics."""

    across: Metric
    up: Metric
    points: tuple[Point, ...]

    @property
    def front(self) -> tuple[Point, ...]:
        """The points that no other one beats in both, from left to right."""
        return tuple(sorted((point for point in self.points if point.on_front), key=lambda point: point.x))


def available(observations: Sequence[Observation]) -> tuple[Metric, ...]:
    """The metrics that some finished run tells, in their usual order."""
    told = {key for one in observations if one.state == "done" for key in one.figures}
    return tuple(metric for metric in METRICS if metric.key in told)


def tradeoff(comparison: Comparison, observations: Sequence[Observation], across: str, up: str) -> Tradeoff:
    """Every arm by its metrics `across` and `up`, as far as both were measured."""
    points = []
    for arm in comparison.arms:
        x, y = dict(values_of(observations, arm.key, across)), dict(values_of(observations, arm.key, up))
        seeds = tuple((x[seed], y[seed]) for seed in x if seed in y)
        if seeds:
            middle = (statistics.fmean(one for one, _ in seeds), statistics.fmean(other for _, other in seeds))
            points.append(Point(arm.key, *middle, seeds, False))
    best = front([(point.x, point.y) for point in points], (BY_KEY[across].better, BY_KEY[up].better))
    marked = tuple(msgspec.structs.replace(one, on_front=number in best) for number, one in enumerate(points))
    return Tradeoff(BY_KEY[across], BY_KEY[up], marked)
