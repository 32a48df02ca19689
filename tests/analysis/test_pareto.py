"""The front of two metrics, checked against the definition."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from gpulab.analysis.pareto import Better, front

DIRECTIONS = st.tuples(*(st.sampled_from(("lower", "higher")) for _ in range(2)))
POINTS = st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), max_size=20)


@given(POINTS, DIRECTIONS)
def test_the_front_is_who_is_beaten_by_nobody(points: list[tuple[int, int]], better: tuple[Better, Better]) -> None:
    def good(point: tuple[int, int]) -> tuple[int, int]:
        x, y = (value if way == "higher" else -value for value, way in zip(point, better, strict=True))
        return x, y

    def beats(one: tuple[int, int], other: tuple[int, int]) -> bool:
        return good(one) != good(other) and all(a >= b for a, b in zip(good(one), good(other), strict=True))

    unbeaten = {index for index, point in enumerate(points) if not any(beats(other, point) for other in points)}
    found = front(points, better)
    assert set(found) == unbeaten
    firsts = [good(points[index])[0] for index in found]
    assert firsts == sorted(firsts, reverse=True)


def test_what_was_not_measured_is_never_on_the_front() -> None:
    assert front([(math.nan, 1.0), (1.0, math.inf), (2.0, 2.0)], ("lower", "lower")) == (2,)
    assert front([], ("lower", "higher")) == ()
