"""What equal quality takes: steps, tokens, time, energy and money until an arm is as good as the baseline's end."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from gpulab.analysis import figures
from gpulab.analysis.case import Extras
from gpulab.analysis.numerals import count, duration, si
from gpulab.analysis.reaching import How, Reached, Taken
from gpulab.spec.comparison import Comparison

What = Literal["steps", "tokens", "seconds", "joules", "money"]

WHATS: tuple[What, ...] = ("steps", "tokens", "seconds", "joules", "money")
_WRITTEN: Mapping[What, Callable[[float], str]] = {
    "steps": lambda value: count(math.ceil(value)),
    "tokens": si,
    "seconds": duration,
    "joules": lambda value: si(value, "J"),
    "money": figures.money,
}


class Cost(msgspec.Struct, frozen=True):
    """What one side took of one thing, and the baseline beside it; `interval` is empty where there is none."""

    what: What
    base: str
    value: str
    change: str
    interval: str
    way: int


class Reaching(msgspec.Struct, frozen=True):
    """How one arm came to the baseline's quality, `target` bits per byte; `there` of `seeds` runs got there."""

    arm: str
    how: How
    target: str
    seeds: int
    there: int
    costs: tuple[Cost, ...]

    @property
    def estimate(self) -> bool:
        return self.how == "estimate"


def reaching(comparison: Comparison, extras: Mapping[str, Extras]) -> tuple[Reaching, ...]:
    """The variants of which it is known, in their order."""
    return tuple(
        _row(arm.key, found)
        for arm in comparison.arms[1:]
        if arm.key in extras and (found := extras[arm.key].reached) is not None
    )


def _row(arm: str, found: Reached) -> Reaching:
    costs = tuple(_cost(what, taken) for what in WHATS if (taken := getattr(found, what)) is not None)
    return Reaching(arm, found.how, f"{found.target:.3f}", found.seeds, found.there, costs)


def _cost(what: What, taken: Taken) -> Cost:
    written, change = _WRITTEN[what], taken.change
    finite = math.isfinite(change.low + change.high)
    interval = figures.between(change.value, change.low, change.high) if finite else ""
    way = (change.value > 0) - (change.value < 0)
    return Cost(
        what, written(taken.base.value), written(taken.value.value), figures.relative(change.value), interval, way
    )
