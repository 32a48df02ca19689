"""Numbers on a chart: the large figure, the readout and the ticks of an axis, all in one format."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from gpulab.analysis.numerals import NONE, PREFIXES, duration, plain, si

__all__ = ["NONE", "Format", "duration", "figure", "plain", "si", "ticks"]

Format = Literal["plain", "si", "bytes", "rate"]

_UNITS = {"si": "", "bytes": "B", "rate": "/s"}
_SHORT = 2.5e-4  # below it 2.0e-4 is shorter than a decimal fraction


def figure(value: float | None, format: Format) -> str:
    """`value` as it stands beside a chart: 1.843, 412 k, 9.61 GB, 412 k/s; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return NONE
    return plain(value) if format == "plain" else si(float(value), _UNITS[format])


def ticks(values: Sequence[float], spacing: float, format: Format) -> list[str]:
    """The labels of an axis: one SI prefix for all of them, and no more digits than the spacing needs."""
    largest = max((abs(value) for value in values), default=0.0)
    if format == "plain" and 0 < largest < _SHORT:
        return _powers(values, spacing, largest)
    scale, prefix = next(((size, name) for size, name in PREFIXES if largest >= size), (1.0, ""))
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
