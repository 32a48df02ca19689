"""A run's quality as it learned: looks at held-out text, when a quality was reached, and when it would be."""

from __future__ import annotations

import math

import msgspec

FARTHEST = 3.0
"""A curve is not trusted beyond so many times its own length."""

_LEAST_LOOKS = 5
_TAIL = 0.2  # of the steps at the beginning tell nothing about the end
_CLOSE = 0.01  # of the quality itself: how near a fit must run to its looks
_FLOORS = 60
_POWERS = (0.02, 2.0)


class Curve(msgspec.Struct, frozen=True):
    """Looks at one run, in order: after so many steps, trained tokens and seconds of training its quality was `values`.

    Lower values are better (bits per byte). Looks without a finite value do not belong in here.
    """

    steps: tuple[float, ...]
    tokens: tuple[float, ...]
    seconds: tuple[float, ...]
    values: tuple[float, ...]

    @property
    def last(self) -> float:
        """The quality it ended with. Raises IndexError where there was no look."""
        return self.values[-1]


class Reach(msgspec.Struct, frozen=True):
    """When a quality was reached; an `estimate` where the run ended before and its curve was drawn on."""

    steps: float
    tokens: float
    seconds: float
    estimate: bool = False


def reach(curve: Curve, target: float) -> Reach | None:
    """When `curve` first came to `target`, between two looks if need be; an estimate where it did not.

    None where it did not and its end does not tell when it would.
    """
    for index, value in enumerate(curve.values):
        if value <= target:
            return _between(curve, max(0, index - 1), index, target)
    return _drawn_on(curve, target)


def last_above(curve: Curve, level: float) -> Reach | None:
    """When `curve` was last as bad as `level`: from there on all looks were better. None where it never was."""
    for index in range(len(curve.values) - 1, -1, -1):
        if curve.values[index] >= level:
            return _between(curve, index, min(index + 1, len(curve.values) - 1), level)
    return None


def _between(curve: Curve, before: int, after: int, target: float) -> Reach:
    """Quality falls straight over the logarithm of steps, far better than over steps; from none on, straight anyway."""
    start, end = curve.values[before], curve.values[after]
    share = (start - target) / (start - end) if start != end else 0.0
    first, last = curve.steps[before], curve.steps[after]
    if 0 < first < last:
        share = (first * (last / first) ** share - first) / (last - first)

    def at(axis: tuple[float, ...]) -> float:
        return axis[before] + share * (axis[after] - axis[before])

    return Reach(at(curve.steps), at(curve.tokens), at(curve.seconds))


def _drawn_on(curve: Curve, target: float) -> Reach | None:
    """The power law `floor + factor * steps ** -power` through the later looks, followed to `target` within limits."""
    looks = [
        look
        for look in zip(curve.steps, curve.values, strict=True)
        if look[0] > _TAIL * curve.steps[-1] and look[0] > 0
    ]
    if len(looks) < _LEAST_LOOKS:
        return None
    best = min((_fit(looks, floor) for floor in _floors(looks)), key=lambda fit: fit[0])
    error, floor, power, factor = best
    if error > _CLOSE * curve.last or not _POWERS[0] <= power <= _POWERS[1] or floor >= target:
        return None
    whole = curve.steps[-1]
    steps = max(whole, math.exp(math.log(factor / (target - floor)) / power))
    if steps > FARTHEST * whole:
        return None
    half = next(index for index, step in enumerate(curve.steps) if step >= whole / 2)
    half = min(half, len(curve.steps) - 2)  # the pace is that of the second half

    def at(axis: tuple[float, ...]) -> float:
        return axis[-1] + (steps - whole) * (axis[-1] - axis[half]) / (whole - curve.steps[half])

    return Reach(steps, at(curve.tokens), at(curve.seconds), estimate=True)


def _floors(looks: list[tuple[float, float]]) -> list[float]:
    """Where the curve may level off: between nothing and just below its best look."""
    lowest = min(value for _, value in looks)
    return [lowest * (1.0 - 2.0 ** (-index / 6.0)) for index in range(_FLOORS)]


def _fit(looks: list[tuple[float, float]], floor: float) -> tuple[float, float, float, float]:
    """Error (root mean square, in units of quality), floor, power and factor of the best line in logarithms."""
    x = [math.log(step) for step, _ in looks]
    y = [math.log(value - floor) for _, value in looks]
    middle, height = math.fsum(x) / len(x), math.fsum(y) / len(y)
    spread = math.fsum((one - middle) ** 2 for one in x)
    slope = math.fsum((one - middle) * (other - height) for one, other in zip(x, y, strict=True)) / spread
    factor = math.exp(height - slope * middle)
    errors = (floor + factor * step**slope - value for step, value in looks)
    return math.sqrt(math.fsum(error * error for error in errors) / len(looks)), floor, -slope, factor
