"""One measured figure with its uncertainty and its target, judged in one way for all benchmarks."""

from __future__ import annotations

from typing import Literal

import msgspec

from gpulab.analysis.intervals import Interval


class Target(msgspec.Struct, frozen=True):
    """What a figure must reach: at least, or at most, `bound`."""

    kind: Literal["at least", "at most"]
    bound: float

    def met_by(self, low: float, high: float) -> bool | None:
        """Whether a figure that lies between `low` and `high` reaches it; None where both could be."""
        if self.kind == "at least":
            return True if low >= self.bound else False if high < self.bound else None
        return True if high <= self.bound else False if low > self.bound else None


class Row(msgspec.Struct, frozen=True):
    """A figure: `low` and `high` are its 95 % interval where it has one. `met` is None with a `reason`."""

    name: str
    value: float | None
    unit: str
    how: str
    low: float | None = None
    high: float | None = None
    target: Target | None = None
    met: bool | None = None
    reason: str = ""


def exact(name: str, value: float, unit: str, how: str, target: Target | None = None) -> Row:
    """A figure that repeats exactly, such as a count, or an extreme such as the longest wait: it has no interval."""
    met = target.met_by(value, value) if target else None
    return Row(name, value, unit, how, target=target, met=met, reason="" if target else "no target is set")


def measured(name: str, interval: Interval, unit: str, how: str, target: Target | None = None) -> Row:
    """A figure with its interval; the target counts as met only where the whole interval clears it."""
    met = target.met_by(interval.low, interval.high) if target else None
    reason = "" if met is not None else "the interval spans the target" if target else "no target is set"
    return Row(name, interval.value, unit, how, interval.low, interval.high, target, met, reason)


def not_shown(name: str, unit: str, how: str, target: Target | None, reason: str) -> Row:
    """A figure that this machine cannot show, with the reason."""
    return Row(name, None, unit, how, target=target, reason=reason)
