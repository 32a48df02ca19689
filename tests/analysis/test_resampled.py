"""Ratios over pieces of text: their intervals hold, also with few pieces, and those of differences too."""

from __future__ import annotations

import math
import random

from gpulab.analysis.resampled import Pieces, difference, quotient, ratio


def pieces(seed: int, count: int, rate: float) -> Pieces:
    """Pieces of unequal length, alike within themselves."""
    chance = random.Random(seed)
    sizes = [chance.uniform(50.0, 150.0) for _ in range(count)]
    return Pieces(tuple(size * max(0.0, chance.gauss(rate, 0.5)) for size in sizes), tuple(sizes))


def test_a_ratio_s_interval_holds_the_truth() -> None:
    held = sum(one.low <= 3.0 <= one.high for one in (ratio(pieces(seed, 12, 3.0)) for seed in range(200)))
    assert held >= 0.92 * 200


def test_quotients_and_differences_hold_it_too() -> None:
    both = [(pieces(seed, 20, 3.0), pieces(1000 + seed, 12, 2.0)) for seed in range(200)]
    assert sum(q.low <= 0.5 <= q.high for q in (quotient(*one) for one in both)) >= 0.92 * 200
    assert sum(d.low <= 1.0 <= d.high for d in (difference(*one) for one in both)) >= 0.92 * 200


def test_a_known_side_leaves_less_open() -> None:
    one, other = pieces(1, 20, 3.0), pieces(2, 20, 2.0)
    known, both = quotient(one, other.ratio), quotient(one, other)
    assert known.value == both.value
    assert known.high - known.low < both.high - both.low


def test_few_pieces_and_none_leave_all_open() -> None:
    assert ratio(pieces(1, 4, 3.0)).low == -math.inf
    assert difference(pieces(1, 4, 3.0), pieces(1, 40, 3.0)).high == math.inf
    assert quotient(pieces(1, 4, 3.0), 2.0).high == math.inf
    assert math.isnan(ratio(Pieces((), ())).value)
