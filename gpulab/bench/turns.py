"""Two arms measured in turn, so that a slow moment of the machine hits both."""

from __future__ import annotations

from collections.abc import Callable


def in_turn(first: Callable[[], float], second: Callable[[], float], pairs: int) -> tuple[list[float], list[float]]:
    """Measures A B, then B A, then A B: whatever drifts, or likes to go first, favours neither."""
    a: list[float] = []
    b: list[float] = []
    for index in range(pairs):
        order = ((first, a), (second, b))
        for measure, figures in order if index % 2 == 0 else reversed(order):
            figures.append(measure())
    return a, b
