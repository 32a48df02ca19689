"""When a setting counts as faster, when compiling pays back, and when quality counts as kept: a tuning's rules."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import msgspec

from gpulab.analysis.intervals import Interval, mean, paired_change

FLOOR = 1.02
"""What is not proven to be faster by 2 % is not worth a change of the experiment."""

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
    return math.ceil(max(0.0, setup_s) / saved) if saved > 0 else None


class Quality(msgspec.Struct, frozen=True):
    """How a loss changed (0.01 is one percent worse) over seeds, and whether that counts as kept."""

    change: Interval
    word: Kept


def quality(before: Sequence[float], after: Sequence[float], region_percent: float) -> Quality:
    """Judges losses paired by seed. Kept means: with its whole 95 % interval not worse by more than the region.

    A loss that is not finite is harm, whatever the others are.
    """
    if not all(map(math.isfinite, after)):
        return Quality(Interval(math.inf, math.inf, math.inf), "harmful")
    change, region = paired_change(before, after), region_percent / 100
    if change.high <= region:
        return Quality(change, "equal")
    return Quality(change, "harmful" if change.value > region else "unproven")


def times_sooner(before_s: Sequence[float], after_s: Sequence[float]) -> Interval:
    """How many times as soon, as the geometric mean over pairs with its 95 % interval; open for a single pair."""
    logs = [math.log(before / after) for before, after in zip(before_s, after_s, strict=True)]
    if len(logs) < 2:
        return Interval(math.exp(logs[0]), 0.0, math.inf)
    found = mean(logs)
    return Interval(*(math.exp(value) for value in (found.value, found.low, found.high)))
