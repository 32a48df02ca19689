"""Two arms measured in turn, so that a slow moment of the machine hits both, and how sure their ratio is."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence

import msgspec

MIN_PAIRS = 5
"""Fewer pairs say nothing about their own spread."""


class Interval(msgspec.Struct, frozen=True):
    """A figure and the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


def in_turn(first: Callable[[], float], second: Callable[[], float], pairs: int) -> tuple[list[float], list[float]]:
    """Measures A B, then B A, then A B: whatever drifts, or likes to go first, favours neither."""
    a: list[float] = []
    b: list[float] = []
    for index in range(pairs):
        order = ((first, a), (second, b))
        for measure, figures in order if index % 2 == 0 else reversed(order):
            figures.append(measure())
    return a, b


def paired_ratio(a: Sequence[float], b: Sequence[float]) -> Interval:
    """The median of a / b over pairs, with its interval by bootstrap."""
    return median([one / other for one, other in zip(a, b, strict=True)])


def median(figures: Sequence[float]) -> Interval:
    """The median with its 95 % interval by bootstrap; fewer than `MIN_PAIRS` figures leave it open on both sides."""
    import numpy as np
    from scipy.stats import bootstrap

    middle = statistics.median(figures)
    if len(figures) < MIN_PAIRS:
        return Interval(middle, -math.inf, math.inf)
    if min(figures) == max(figures):
        return Interval(middle, middle, middle)
    resampled = bootstrap(
        (np.asarray(figures),), np.median, method="percentile", n_resamples=9999, rng=np.random.default_rng(1337)
    )
    return Interval(middle, float(resampled.confidence_interval.low), float(resampled.confidence_interval.high))


def mean(figures: Sequence[float]) -> Interval:
    """The mean with its 95 % t-interval: right for a few figures that scatter evenly, such as one for each seed."""
    from scipy.stats import t

    middle, count = statistics.fmean(figures), len(figures)
    half = float(t.ppf(0.975, count - 1)) * statistics.stdev(figures) / count**0.5
    return Interval(middle, middle - half, middle + half)
