"""Who lies on the front of two metrics: nobody is at least as good in both and better in one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

Better = Literal["lower", "higher"]


def front(points: Sequence[tuple[float, float]], better: tuple[Better, Better]) -> tuple[int, ...]:
    """Indices of the points that no other one beats, from the best in the first figure to the best in the second.

    Equal points stand on the front together; points with a figure that is not finite never do.
    """
    good = {
        index: (_goodness(first, better[0]), _goodness(second, better[1]))
        for index, (first, second) in enumerate(points)
        if math.isfinite(first) and math.isfinite(second)
    }
    found: list[int] = []
    best, of_best = -math.inf, -math.inf  # the best second figure so far, and the first figure that came with it
    for index in sorted(good, key=lambda one: good[one], reverse=True):
        first, second = good[index]
        if second > best or (second == best and first == of_best):
            found.append(index)
            best, of_best = second, first
    return tuple(found)


def _goodness(value: float, better: Better) -> float:
    return value if better == "higher" else -value
