"""One press of an arrow should move a number by what a person would call one step, whatever its size."""

from __future__ import annotations

import math
from collections.abc import Mapping

from gpulab.spec.setting import Setting, Value

_GEOMETRIC = 1e4
"""From this ratio between the bounds on, a step multiplies instead of adding."""


def stepped(setting: Setting, values: Mapping[str, Value], steps: int) -> Value:
    """The value of `setting` after `steps` presses (negative: downwards), within its bounds."""
    value = values[setting.path]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return setting.default
    for _ in range(abs(steps)):
        value = _within(setting, _one(setting, values, value, 1 if steps > 0 else -1))
    return value


def _one(setting: Setting, values: Mapping[str, Value], value: int | float, way: int) -> int | float:
    if setting.kind == "float":
        low, high = setting.low or 0.0, setting.high or 0.0
        if low > 0 and high / low >= _GEOMETRIC:
            return _along_1_2_5(value, way)
        return _to_multiple(value, _nice((high - low) / 19), way)
    value = int(value)
    heads, width = values.get("model.n_head"), values.get("model.n_embd")
    if setting.path == "model.n_embd" and type(heads) is int and heads > 0:
        return int(_to_multiple(value, heads, way))
    if setting.path == "model.n_head" and type(width) is int and 0 < width <= 1 << 16:
        return _divisor_beside(width, value, way)
    return int(_to_multiple(value, _whole_step(setting, value, way), way))


def _within(setting: Setting, value: int | float) -> int | float:
    low = value if setting.low is None else type(value)(setting.low)
    high = value if setting.high is None else type(value)(setting.high)
    return min(max(value, low), high)


def _whole_step(setting: Setting, value: int, way: int) -> int:
    """One for small counts, and for numbers that count nothing, such as a seed; else the second digit."""
    if not setting.unit or value + min(way, 0) < 100:
        return 1
    return int(10 ** (len(str(value + min(way, 0))) - 2))


def _to_multiple(value: float, step: float, way: int) -> float:
    place = value / step
    near = math.isclose(place, round(place), abs_tol=1e-9)
    target = (round(place) + way) if near else (math.ceil(place) if way > 0 else math.floor(place))
    return float(f"{target * step:.12g}")


def _nice(size: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above `size`."""
    power = 10.0 ** math.floor(math.log10(size) + 1e-9)
    return power * max(lead for lead in (1, 2, 5) if lead * power <= size * (1 + 1e-9))


def _along_1_2_5(value: float, way: int) -> float:
    if value <= 0:
        return 1e-8
    exponent = math.floor(math.log10(value))
    ladder = [float(f"{lead}e{power}") for power in range(exponent - 1, exponent + 2) for lead in (1, 2, 5)]
    if way > 0:
        return min(rung for rung in ladder if rung > value * (1 + 1e-9))
    return max(rung for rung in ladder if rung < value * (1 - 1e-9))


def _divisor_beside(width: int, heads: int, way: int) -> int:
    """The next number of heads that divides `width`; `heads` itself where there is none."""
    divisors = [number for number in range(1, min(width, 128) + 1) if width % number == 0]
    beyond = [number for number in divisors if (number > heads if way > 0 else number < heads)]
    return (min(beyond) if way > 0 else max(beyond)) if beyond else heads
