"""Looking at pairs again and again, as they come, without fooling oneself: the arithmetic of the sequential test.

Works on arrays whose last axis is the pairs in the order in which they came, so that one comparison and ten thousand
simulated ones go through the same lines.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Signs = npt.NDArray[np.int8]

LEAST = 2
"""Fewer pairs have no spread."""

UP, DOWN, SAME, OPEN = 1, -1, 0, 2
"""What can be said of a metric: it rose, it fell, it practically stayed, or nothing yet."""

EQUAL = 0.02
"""The interval that must lie inside the region for "the same" misses the truth this often.

Of true differences at the region's very edge, at most 5 % are called the same over eight looks (4 % in simulations);
the plain 95 % interval would do that to 8 %.
"""

PLAIN, MAY_GROW, GROWN = 0.05, 0.032, 0.045
"""How often what is shown as the 95 % interval may miss the truth, looked at for itself: where there is only one look,
as long as more pairs may come, and when all there may be have come.

Whoever stops as soon as something is decided stops at chance extremes more often than not: plain 95 % intervals then
hold the truth in 87 to 95 % of the cases, depending on how large it is. These hold it in 93 to 97 %.
"""

_DUST = 1e-12
"""What is left of sums that cancel out, as a share of their largest part."""

_DETECTED = 0.8
"""How often a difference that counts as detectable is found."""

_POWER = 2.0
"""The error spent rises with this power of the share of pairs seen. With 3, large differences take half a seed longer
to be found; with 1, differences at the limit of what is found at all are found less often."""


class Plan(msgspec.Struct, frozen=True):
    """When one metric of one arm is looked at, and the error it may make over all looks together."""

    first: int
    last: int
    error: float

    @property
    def counts(self) -> range:
        """The numbers of pairs at which there is a look."""
        return range(max(self.first, LEAST), self.last + 1)

    def level(self, count: int) -> float:
        """The error that the look at `count` pairs may make; what earlier looks may make is spent."""
        if count not in self.counts:
            return 0.0
        before = self._spent(count - 1) if count > self.counts[0] else 0.0
        return self._spent(count) - before

    def shown(self, count: int) -> float:
        """How often the interval that is shown of `count` pairs may miss the truth, looked at for itself."""
        if len(self.counts) == 1:
            return PLAIN
        return MAY_GROW if count < self.last else GROWN

    def _spent(self, count: int) -> float:
        return float(self.error * (count / self.last) ** _POWER)


def means_and_errors(shifts: Floats) -> tuple[Floats, Floats]:
    """Mean and standard error of the first 1, 2, ... pairs, in the shape of `shifts`; infinite errors for one pair."""
    import numpy as np

    counts = np.arange(1, shifts.shape[-1] + 1)
    begin = shifts[..., :1]  # what all have in common would eat the digits of the squares
    with np.errstate(over="ignore", invalid="ignore"):  # shifts beyond all bounds end as NaN, which says nothing
        rest = shifts - begin
        means = np.cumsum(rest, -1) / counts
        squares = np.cumsum(rest * rest, -1) - counts * means * means
        spread = np.maximum(squares, 0.0) / np.maximum(counts - 1, 1)
        errors = np.sqrt(spread / counts)
        errors[..., 0] = np.inf
        means = begin + means
        dust = _DUST * np.maximum.accumulate(np.abs(shifts), -1)
        return np.where(np.abs(means) <= dust, 0.0, means), errors


def findings(shifts: Floats, plan: Plan, region: tuple[float, float]) -> Signs:
    """What can be said after 1, 2, ... pairs, in the shape of `shifts`; `region` bounds what counts as none.

    A rise or fall is said where some look so far excluded "no difference" at its level, the mean lies outside the
    region, and the interval that is shown leaves out zero as well. What was excluded once stays excluded: the error of
    all looks together was paid for beforehand. But nobody would believe a word that the interval beside it denies.
    """
    import numpy as np

    means, errors = means_and_errors(shifts)
    reach, half, shown = quantiles(plan, shifts.shape[-1])
    with np.errstate(invalid="ignore"):  # infinity times no spread at all; shifts beyond all bounds
        far, near, seen = (np.where(np.isfinite(wide), wide * errors, np.inf) for wide in (reach, half, shown))
        rose = np.logical_or.accumulate(means - far > 0.0, -1) & (means > region[1]) & (means - seen > 0.0)
        fell = np.logical_or.accumulate(means + far < 0.0, -1) & (means < region[0]) & (means + seen < 0.0)
        same = (means - near >= region[0]) & (means + near <= region[1])
    found = np.full(shifts.shape, OPEN, np.int8)
    for where, word in ((rose, UP), (fell, DOWN), (same, SAME)):
        found[where] = word
    return found


@functools.lru_cache(maxsize=256)
def quantiles(plan: Plan, most: int) -> tuple[Floats, Floats, Floats]:
    """After 1, 2, ... `most` pairs, in standard errors: by how many a mean must miss zero, by how many it must keep
    within the region, and how far the interval that is shown goes.
    """
    import numpy as np
    from scipy.stats import t

    counts = np.arange(1, most + 1)
    levels = np.array([plan.level(int(count)) for count in counts])
    free = np.maximum(counts - 1, 1)
    reach = np.where(levels > 0.0, t.isf(np.maximum(levels, 1e-300) / 2.0, free), np.inf)
    half = np.where(counts >= plan.counts.start, t.isf(EQUAL / 2.0, free), np.inf)
    shown = t.isf(np.array([plan.shown(int(count)) for count in counts]) / 2.0, free)
    return reach, half, shown


def detectable(shifts: Floats, plan: Plan, region: tuple[float, float]) -> float:
    """The smallest rise that so many pairs, scattered like these, would have shown with 80 % power; infinite for one.

    `shifts` (pairs,) are those of one metric. By the noncentral t distribution, for the spread seen, at the last look
    there was; adding two quantiles of t instead finds what only 70 to 77 % would have shown.
    """
    from scipy.special import nctdtrinc
    from scipy.stats import t

    count = len(shifts)
    if count < plan.counts.start:
        return math.inf
    error = float(means_and_errors(shifts)[1][-1])
    reach = float(quantiles(plan, min(count, plan.last))[0][-1])
    if not error:
        return region[1]
    beyond_chance = float(nctdtrinc(count - 1, 1.0 - _DETECTED, reach)) * error
    beyond_region = region[1] + float(t.ppf(_DETECTED, count - 1)) * error
    found = max(beyond_chance, beyond_region)
    return found if math.isfinite(found) else math.inf
