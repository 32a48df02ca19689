"""What paired prompts tell of a model: each pair's gap, the mean over a group of pairs, and how sure that is.

A gap is how many nats likelier a continuation is behind the first word of a pair than behind the second; a mean gap of
0.7 is twice as likely. Intervals are by bootstrap over the pairs, so they say how much a figure hangs on which pairs
were asked, and nothing about other lists. The plain bootstrap is too sure with few pairs; its bounds are pushed out as
far as Student's t would push them (the expanded percentile interval of Hesterberg, 2015, "What Teachers Should Know
About the Bootstrap", The American Statistician 69, 371-386).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING

import msgspec

from gpulab.analysis.intervals import MIN_PAIRS, Interval
from gpulab.analysis.resampled import tail

if TYPE_CHECKING:
    from gpulab.events.documents import Trial

ALL = ""
"""The name of the group that holds every pair."""

_LEVEL = 0.05
_RESAMPLES = 9999
_LARGEST = 700.0  # the exponential of more is no number any more


class Gap(msgspec.Struct, frozen=True):
    """A pair's gap in nats, and that of the model beside it where there is one."""

    group: str
    pair: str
    gap: float
    beside: float | None = None


class Lean(msgspec.Struct, frozen=True):
    """A group's mean gap, and of the change against the model beside it the mean and the mean size; all in nats.

    `preferred` is the share of pairs with a gap above zero, `turned` how many have another sign than beside. Intervals
    are open with fewer than `MIN_PAIRS` pairs; those of single groups hold for all groups together (Bonferroni).
    """

    group: str
    pairs: int
    gap: Interval
    preferred: float
    beside: Interval | None = None
    change: Interval | None = None
    moved: float = 0.0
    turned: int = 0


def gaps_of(trials: Sequence[Trial]) -> list[Gap]:
    """The pairs among the `trials` of a job that were answered with a number."""
    asked = [trial for trial in trials if trial.names["what"] == "pair"]
    told = [one for one in asked if one.values["gap"] is not None and one.values.get("beside", 0.0) is not None]
    return [Gap(t.names["group"], t.names["pair"], t.values["gap"] or 0.0, t.values.get("beside")) for t in told]


def leans(gaps: Sequence[Gap]) -> tuple[Lean, ...]:
    """All pairs together, then each group in the order of the list; groups without a name stand in no group."""
    if not gaps:
        return ()
    names = list(dict.fromkeys(gap.group for gap in gaps if gap.group))
    found = [_lean(ALL, gaps, _LEVEL)]
    return (*found, *(_lean(name, [g for g in gaps if g.group == name], _LEVEL / len(names)) for name in names))


def _lean(group: str, gaps: Sequence[Gap], level: float) -> Lean:
    own = [gap.gap for gap in gaps]
    lean = Lean(group, len(gaps), mean_over(own, level), fmean(gap > 0.0 for gap in own))
    both = [(gap.gap, gap.beside) for gap in gaps if gap.beside is not None]
    if not both:
        return lean
    changes = [one - other for one, other in both]
    return msgspec.structs.replace(
        lean,
        beside=mean_over([other for _, other in both], level),
        change=mean_over(changes, level),
        moved=fmean(map(abs, changes)),
        turned=sum((one > 0.0) != (other > 0.0) for one, other in both),
    )


def mean_over(figures: Sequence[float], level: float = _LEVEL) -> Interval:
    """The mean of `figures` with the expanded percentile interval that misses with probability `level`.

    Fewer than `MIN_PAIRS` leave it open on both sides.
    """
    import numpy as np

    middle, count = fmean(figures), len(figures)
    if count < MIN_PAIRS:
        return Interval(middle, -math.inf, math.inf)
    share = tail(count, level)
    drawn = np.random.default_rng(1337).integers(0, count, (_RESAMPLES, count))
    low, high = np.quantile(np.asarray(figures)[drawn].mean(1), [share, 1.0 - share])
    return Interval(middle, float(low), float(high))


def surely(interval: Interval | None) -> bool:
    """Whether it lies on one side of zero."""
    return interval is not None and (interval.low > 0.0 or interval.high < 0.0)


def times(nats: float) -> str:
    """How many times as likely a gap of `nats` makes it."""
    return f"{math.exp(min(nats, _LARGEST)):.3g}"
