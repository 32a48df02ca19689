"""How sure a ratio of two sums is, such as bits over bytes or hits over words: its pieces are drawn anew.

What stands close together in a text is alike, so single tokens are no independent measurements. Pieces are therefore
whole texts, or stretches of one text that are long against a sentence (as in the block bootstrap of Künsch, 1989, The
Annals of Statistics 17, 1217-1241). With few pieces the bounds are pushed out as Student's t would push them (the
expanded percentile interval of Hesterberg, 2015, The American Statistician 69, 371-386).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

from gpulab.analysis.intervals import MIN_PAIRS, Interval

if TYPE_CHECKING:  # numpy is imported where it is used: the start of the window would feel it
    import numpy as np
    import numpy.typing as npt

_LEVEL = 0.05
_RESAMPLES = 9999


class Pieces(msgspec.Struct, frozen=True):
    """What was counted in each piece, and out of how much."""

    counted: tuple[float, ...]
    of: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """All that was counted over all of it; NaN of nothing."""
        whole = math.fsum(self.of)
        return math.fsum(self.counted) / whole if whole else math.nan


def tail(count: int, level: float = _LEVEL) -> float:
    """The share of resamples to leave out on each side, so that `count` pieces miss with probability `level`."""
    from scipy.stats import norm, t

    return float(norm.cdf(-math.sqrt(count / (count - 1)) * t.isf(level / 2.0, count - 1)))


def ratio(pieces: Pieces) -> Interval:
    """The ratio with its 95 % interval; open on both sides with fewer than `MIN_PAIRS` pieces."""
    if len(pieces.of) < MIN_PAIRS:
        return Interval(pieces.ratio, -math.inf, math.inf)
    return _between(pieces.ratio, _drawn(pieces, 0), len(pieces.of))


def quotient(over: Pieces, under: Pieces | float) -> Interval:
    """How much larger one ratio is than the other, as a share of it (0.02 is two percent), with its 95 % interval.

    `under` may be a figure that counts as known. Both sides are drawn on their own.
    """
    if isinstance(under, float):
        value, count = over.ratio / under - 1.0, len(over.of)
    else:
        value, count = over.ratio / under.ratio - 1.0, min(len(over.of), len(under.of))
    if count < MIN_PAIRS:
        return Interval(value, -math.inf, math.inf)
    below = under if isinstance(under, float) else _drawn(under, 1)
    return _between(value, _drawn(over, 0) / below - 1.0, count)


def difference(one: Pieces, other: Pieces) -> Interval:
    """How much larger the ratio of `one` is than that of `other`, with its 95 % interval."""
    count = min(len(one.of), len(other.of))
    value = one.ratio - other.ratio
    if count < MIN_PAIRS:
        return Interval(value, -math.inf, math.inf)
    return _between(value, _drawn(one, 0) - _drawn(other, 1), count)


def _drawn(pieces: Pieces, stream: int) -> npt.NDArray[np.float64]:
    """The ratio of each resample."""
    import numpy as np

    counted, of = np.asarray(pieces.counted), np.asarray(pieces.of)
    drawn = np.random.default_rng([1337, stream]).integers(0, len(of), (_RESAMPLES, len(of)))
    found: npt.NDArray[np.float64] = counted[drawn].sum(1) / of[drawn].sum(1)
    return found


def _between(value: float, drawn: npt.NDArray[np.float64], count: int) -> Interval:
    import numpy as np

    share = tail(count)
    low, high = np.quantile(drawn, [share, 1.0 - share])
    return Interval(value, float(low), float(high))
