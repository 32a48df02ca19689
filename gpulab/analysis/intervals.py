"""How sure a figure is: intervals of medians, means and relative changes over pairs."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import msgspec

MIN_PAIRS = 5
"""Fewer pairs say nothing about their own spread."""


class Interval(msgspec.Struct, frozen=True):
    """A figure and the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


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


def paired_change(base: Sequence[float], value: Sequence[float]) -> Interval:
    """The relative change from `base` to `value` over pairs (0.02 is two percent more), with its 95 % t-interval.

    Where all figures are positive, logarithms of the ratios are averaged and turned back, so that twice as much and
    half as much are equally far from none. Where one is zero or negative there is no such ratio: differences are
    averaged then and divided by the mean size of `base`, which counts as known; that is infinite where it is zero and
    the figures differ. Pairs that are not finite are left out. One pair leaves the interval open; none has no change
    (NaN).
    """
    return turned_back(relative_shifts(base, value), 0.05)


class Shifts(msgspec.Struct, frozen=True):
    """Paired differences on the scale they are averaged on; `logarithmic` where `expm1` turns them into changes.

    `least` is as far as a change can go down: figures that are never negative fall by no more than all of them.
    """

    values: tuple[float, ...]
    logarithmic: bool
    least: float = -1.0

    def change(self, shift: float) -> float:
        """The relative change that `shift` stands for."""
        if not self.logarithmic:
            return max(shift, self.least)  # in this order, which keeps NaN
        return math.inf if shift > _LARGEST_LOG else math.expm1(shift)

    def bounds(self, region: float) -> tuple[float, float]:
        """`region` (0.01 is one percent) on this scale, downwards and upwards."""
        if not self.logarithmic:
            return -region, region
        return (math.log1p(-region) if region < 1.0 else -math.inf), math.log1p(region)


_LARGEST_LOG = 700.0
"""Beyond it the exponential is no number any more."""


def relative_shifts(base: Sequence[float], value: Sequence[float]) -> Shifts:
    """Each pair's shift; what `paired_change` averages."""
    pairs = [pair for pair in zip(base, value, strict=True) if all(map(math.isfinite, pair))]
    if all(one > 0.0 and other > 0.0 for one, other in pairs):
        return Shifts(tuple(math.log(other) - math.log(one) for one, other in pairs), True)
    size = average([abs(one) for one, _ in pairs])
    least = -1.0 if all(figure >= 0.0 for pair in pairs for figure in pair) else -math.inf
    return Shifts(tuple(_quotient(other - one, size) for one, other in pairs), False, least)


def _quotient(difference: float, size: float) -> float:
    if difference == 0.0:
        return 0.0
    return difference / size if size else math.copysign(math.inf, difference)


def average(figures: Sequence[float]) -> float:
    """The mean, also of figures whose sum is beyond all bounds; NaN of none, and where infinities contradict."""
    if not figures:
        return math.nan
    try:
        return statistics.fmean(figures)
    except OverflowError:
        return math.fsum(figure / len(figures) for figure in figures)
    except ValueError:  # infinity and its opposite
        return math.nan


def turned_back(shifts: Shifts, level: float) -> Interval:
    """The mean shift as a relative change, with the t-interval that misses the truth with probability `level`.

    Open on both sides where one pair, or one that is beyond all bounds, leaves no spread to be told.
    """
    from scipy.stats import t

    count, middle = len(shifts.values), average(shifts.values)
    try:
        spread = statistics.stdev(shifts.values) if count > 1 and math.isfinite(middle) else math.inf
    except OverflowError:
        spread = math.inf
    if not math.isfinite(spread):
        return Interval(shifts.change(middle), -math.inf, math.inf)
    half = float(t.isf(level / 2.0, count - 1)) * spread / count**0.5
    return Interval(shifts.change(middle), shifts.change(middle - half), shifts.change(middle + half))
