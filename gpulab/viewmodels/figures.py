"""Numbers on a chart: the large figure, the readout and the ticks of an axis, all in one format."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

Format = Literal["plain", "si", "bytes", "rate"]

NONE = "–"
_UNITS = {"si": "", "bytes": "B", "rate": "/s"}
_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_SHORT = 2.5e-4  # below it 2.0e-4 is shorter than a decimal fraction
_DURATIONS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))


def figure(value: float | None, format: Format) -> str:
    """`value` as it stands beside a chart: 1.843, 412 k, 9.61 GB, 412 k/s; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return NONE
    return plain(value) if format == "plain" else si(float(value), _UNITS[format])


def si(value: float, unit: str = "") -> str:
    """Three significant digits and an SI prefix: 412 k, 9.61 GB."""
    scale, prefix = next(((size, name) for size, name in _PREFIXES if abs(value) >= size * 0.9995), (1.0, ""))
    shown = value / scale
    whole = len(str(int(abs(shown))))
    text = str(int(shown)) if shown.is_integer() and scale == 1.0 else f"{shown:.{max(0, 3 - whole)}f}"
    return f"{text} {prefix}{unit}".rstrip()


def plain(value: float, digits: int = 4) -> str:
    """`digits` significant digits, trailing zeros kept so that a live figure does not jump; 3.0e-5 where it must be."""
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1e6 or 0 < size < 1e-4:
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    if size < 1e-2:
        return f"{value:.{min(digits, 3)}g}"  # 0.001 and 0.00123: zeros behind it would only be longer
    whole = math.floor(math.log10(size)) + 1
    return f"{value:.{max(0, digits - max(whole, 1))}f}"


def ticks(values: Sequence[float], spacing: float, format: Format) -> list[str]:
    """The labels of an axis: one SI prefix for all of them, and no more digits than the spacing needs."""
    largest = max((abs(value) for value in values), default=0.0)
    if format == "plain" and 0 < largest < _SHORT:
        return _powers(values, spacing, largest)
    scale, prefix = next(((size, name) for size, name in _PREFIXES if largest >= size), (1.0, ""))
    if scale == 1e3 and largest < 1e4 and format != "bytes":
        scale, prefix = 1.0, ""  # 1500 steps read better than 1.5 k
    unit = "B" if format == "bytes" else ""
    tail = f" {prefix}{unit}" if prefix or unit else ""
    places = _places(spacing / scale)
    return ["0" if abs(value) < spacing / 1e6 else f"{value / scale:.{places}f}{tail}" for value in values]


def _powers(values: Sequence[float], spacing: float, largest: float) -> list[str]:
    """Labels of one power of ten, 2.0e-4 and 2.5e-4, with the digits that tell neighbours apart."""
    power = math.floor(math.log10(largest) + 1e-9)
    places = _places(spacing / 10.0**power)
    return ["0" if abs(value) < spacing / 2 else f"{value / 10.0**power:.{places}f}e{power}" for value in values]


def _places(spacing: float) -> int:
    """Decimals that write multiples of `spacing` exactly."""
    if not spacing > 0:
        return 0
    return next((places for places in range(12) if abs(round(spacing, places) - spacing) <= spacing * 1e-6), 12)


def duration(seconds: float) -> str:
    """A time span in at most two units: 45 s, 2 min 30 s, 1 h 5 min."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    index = next(place for place, (size, _) in enumerate(_DURATIONS) if seconds >= size)
    (size, unit), (small, name) = _DURATIONS[index], _DURATIONS[index + 1]
    whole, rest = divmod(round(seconds / small), round(size / small))
    return f"{whole} {unit} {rest} {name}" if rest else f"{whole} {unit}"
