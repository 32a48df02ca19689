"""The one place where figures of comparisons are written, so that sentence, table, card and report agree to the digit.

A fall is a percentage (`−72 %`, which nobody reads as "72 times"). A rise is one up to twice the baseline (`+43 %`);
from there on it is a factor (`2.3×`: so many times what the baseline has). Both have two significant digits.
"""

from __future__ import annotations

import math

from gpulab.analysis.changes import Change
from gpulab.analysis.metrics import Metric
from gpulab.analysis.numerals import NONE, count, duration, places, plain, si, signed

LEVEL = "95 %"
"""How sure every interval is."""

_DOUBLE = 0.995  # rounds to +100 %
VAGUE = "less than half to more than double"
"""Every interval that reaches so far both ways: its ends are chance, and to write them would claim to know them."""

FINEST = 5
"""Decimals of a percentage: what is closer to nothing than that is nothing."""


def written(metric: Metric, value: float | None) -> str:
    """`value` with its unit as it stands in every table and sentence; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return NONE
    match metric.form:
        case "plain":
            return plain(value)
        case "share":
            return share(value)
        case "rate":
            return _rate(value, metric.unit)
        case "bytes" | "joules":
            return si(value, metric.unit)
        case "count":
            return si(value)
        case "seconds":
            return duration(value)
        case "money":
            return money(value)


def share(value: float) -> str:
    """A share of all as a percentage with three digits: `54.3 %`."""
    return f"{100.0 * value:.{places(100.0 * value, 3)}f} %"


def loss(value: float) -> str:
    """A loss in nats per token: `2.506`."""
    return plain(value)


def money(value: float) -> str:
    """An amount in the person's own currency, to the hundredth; smaller ones with two digits."""
    return f"{value:,.{max(2, places(value))}f}"


def written_change(change: Change) -> str:
    """The change with its sign: `−3.1 %`, `+0.24 %`, `2.3×`; a dash where it is unknown."""
    return relative(change.change, _finest(change))


def written_interval(change: Change) -> str:
    """The bounds of the change, `−3.8 to −2.4 %`: empty for exact metrics, a dash while there are too few pairs."""
    if change.low == change.high:
        return ""
    return between(change.change, change.low, change.high, _finest(change))


def written_detectable(change: Change) -> str:
    """The smallest difference that would have shown, `0.41 %`; a dash where no difference could have."""
    return amount(change.detectable)


def written_region(change: Change) -> str:
    """What counts as no difference: `0.50 %`."""
    return amount(change.region)


def relative(change: float, finest: int = FINEST) -> str:
    """A relative change with its sign and at most `finest` decimals, or as a factor from double on."""
    if not math.isfinite(change):
        return NONE
    if change >= _DOUBLE:
        return f"{1.0 + change:,.{places(1.0 + change)}f}×"
    return f"{signed(100.0 * change, min(finest, _decimals(change)))} %"


def between(change: float, low: float, high: float, finest: int = FINEST) -> str:
    """An interval with the decimals of its middle, and more where a bound would else be taken for nothing.

    One that leaves everything possible is `VAGUE`.
    """
    if not (math.isfinite(low) and math.isfinite(high) and math.isfinite(change)):
        return NONE
    if low <= -0.5 and high >= 1.0:
        return VAGUE
    if change >= _DOUBLE:
        decimals = _apart(places(1.0 + change), 1.0 + low, 1.0 + high)
        return f"{1.0 + low:,.{decimals}f} to {1.0 + high:,.{decimals}f}×"
    decimals = _apart(min(finest, _decimals(change)), 100.0 * low, 100.0 * high)
    ends = (signed(end, max(decimals, min(finest, places(end, 1)))) for end in (100.0 * low, 100.0 * high))
    return f"{' to '.join(ends)} %"


def amount(size: float) -> str:
    """A relative difference without a direction: `0.41 %`, rounded up, since it is a promise."""
    if not math.isfinite(size):
        return NONE
    if size >= _DOUBLE:
        return f"{1.0 + size:,.{places(1.0 + size)}f}×"
    percent = 100.0 * size
    decimals = places(percent)
    raised = math.ceil(round(percent * 10.0**decimals, 6)) / 10.0**decimals
    return f"{raised:.{decimals}f} %"


def reading(value: float, unit: str = "") -> str:
    """A figure that is no metric, in the unit that its series or its name tells: `1.234`, `412 k per s`, `9.61 GB`."""
    if not math.isfinite(value):
        return NONE
    match unit:
        case "B" | "J":
            return si(value, unit)
        case "s":
            return duration(value)
        case "share":
            return share(value)
        case "per s":
            return f"{si(value)} per s"
    return count(value) if value.is_integer() and abs(value) >= 1000.0 else plain(value)


def setting(value: float, unit: str = "") -> str:
    """A number of an experiment as a person would have typed it: `300 steps`, `0.9`, `0.003`."""
    typed = count(value) if value.is_integer() and abs(value) >= 1000.0 else f"{value:.12g}"
    return f"{typed} {unit}".rstrip()


def steps(value: float) -> str:
    """A number of steps, tokens or runs: `1,240`."""
    return count(value)


def _rate(value: float, unit: str) -> str:
    """`412 k tokens/s`, the prefix apart from the unit, which is a word."""
    return f"{si(value)} {unit}"


def _decimals(change: float) -> int:
    """Decimals of a percentage with two digits; near -100 % what is left has one."""
    left = 1.0 + change
    return min(FINEST, max(places(100.0 * change), places(100.0 * left, 1) if 0.0 < left < 0.1 else 0))


def _apart(decimals: int, low: float, high: float) -> int:
    """Decimals that keep bounds apart, at least `decimals`."""
    return next((more for more in range(decimals, FINEST) if round(low, more) != round(high, more)), FINEST)


def _finest(change: Change) -> int:
    """Decimals that are worth showing: of what is no difference, no more digits than the region has."""
    if change.word not in ("same", "too_few") or change.region <= 0 or abs(change.change) > change.region:
        return FINEST
    return min(FINEST, places(100.0 * change.region))
