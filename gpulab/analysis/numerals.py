"""How numbers are written, whatever they tell: the Lab's charts, the tables of comparisons and reports share this."""

from __future__ import annotations

import math

NONE = "–"

PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_DURATIONS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))


def si(value: float, unit: str = "") -> str:
    """Three significant digits and an SI prefix: 412 k, 9.61 GB."""
    scale, prefix = next(((size, name) for size, name in PREFIXES if abs(value) >= size * 0.9995), (1.0, ""))
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


def duration(seconds: float) -> str:
    """A time span in at most two units: 45 s, 2 min 30 s, 1 h 5 min."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    index = next(place for place, (size, _) in enumerate(_DURATIONS) if seconds >= size)
    (size, unit), (small, name) = _DURATIONS[index], _DURATIONS[index + 1]
    whole, rest = divmod(round(seconds / small), round(size / small))
    return f"{whole} {unit} {rest} {name}" if rest else f"{whole} {unit}"


def count(value: float) -> str:
    """A whole number with commas between its thousands: 1,240."""
    return f"{round(value):,}"


def places(value: float, digits: int = 2) -> int:
    """Decimals that show `value` with that many significant digits; never fewer than none."""
    if value == 0 or not math.isfinite(value):
        return 0
    power = math.floor(math.log10(abs(value)))
    if round(abs(value) / 10.0**power, digits - 1) >= 10.0:  # 9.96 becomes 10
        power += 1
    return max(0, digits - 1 - power)


def signed(value: float, decimals: int) -> str:
    """`+3.1` or `−3.1`, with a true minus sign; what rounds to nothing has no sign."""
    text = f"{abs(value):,.{decimals}f}"
    if not text.strip("0."):
        return "0"
    return f"{'+' if value > 0 else '−'}{text}"
