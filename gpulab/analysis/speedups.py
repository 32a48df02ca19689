"""When a setting counts as faster, when compiling pays back, and when quality counts as kept: a tuning's rules."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import msgspec

from gpulab.analysis.intervals import Interval, relative_shifts, turned_back
from gpulab.analysis.looking import EQUAL

FLOOR = 1.02
"""What is not proven to be faster by 2 % is not worth a change of the experiment."""

_DUST = 1e-9  # of a step: what rounding adds

Pace = Literal["kept", "slower", "no_gain", "unsure"]
Kept = Literal["equal", "harmful", "unproven"]


def pace(ratio: Interval) -> Pace:
    """What the ratio of two throughputs, the new one over the old, says of the new one."""
    if ratio.low > FLOOR:
        return "kept"
    if ratio.high < 1.0:
        return "slower"
    return "no_gain" if ratio.high < FLOOR else "unsure"


def pays_after(setup_s: float, before_s: float, after_s: float) -> int | None:
    """Steps until faster steps have earned back what it took to get ready; None where they never do."""
    saved = before_s - after_s
    return math.ceil(max(0.0, setup_s) / saved - _DUST) if saved > 0 else None


class Quality(msgspec.Struct, frozen=True):
    """How a loss changed (0.01 is one percent worse) over seeds, and whether that counts as kept."""

    change: Interval
    word: Kept


def quality(before: Sequence[float], after: Sequence[float], region_percent: float, last: bool = True) -> Quality:
    """Judges losses paired by seed, looked at after every seed; `last` where no more will come.

    Kept means: with the whole interval not worse by more than the region. A loss that is not finite is harm, whatever
    the others are.
    """
    if not all(map(math.isfinite, after)):
        return Quality(Interval(math.inf, math.inf, math.inf), "harmful")
    change, region = turned_back(relative_shifts(before, after), EQUAL), region_percent / 100
    if change.high <= region:
        return Quality(change, "equal")
    harmful = change.low > region or (last and change.value > region)
    return Quality(change, "harmful" if harmful else "unproven")


def times_sooner(before_s: Sequence[float], after_s: Sequence[float]) -> Interval:
    """How many times as soon, as the geometric mean over pairs with its interval; open for a single pair."""
    more = turned_back(relative_shifts(after_s, before_s), EQUAL)
    return Interval(1 + more.value, 1 + more.low, 1 + more.high)
