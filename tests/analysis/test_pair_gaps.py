"""Paired prompts in figures: means over groups, intervals that hold, changes pair by pair."""

from __future__ import annotations

import math
import random

import pytest

from gpulab.analysis.pair_gaps import ALL, Gap, gaps_of, leans, mean_over, surely, times
from gpulab.events.documents import Trial


def test_an_interval_holds_the_truth_as_often_as_it_says_with_few_pairs_too() -> None:
    held = 0
    for trial in range(400):
        chance = random.Random(trial)
        found = mean_over([chance.gauss(0.3, 1.0) for _ in range(8)])
        held += found.low <= 0.3 <= found.high
    assert held >= 0.92 * 400


def test_few_pairs_leave_it_open_and_equal_ones_are_sure() -> None:
    assert mean_over([1.0, 2.0, 3.0, 4.0]).low == -math.inf
    same = mean_over([0.5] * 6)
    assert (same.value, same.low, same.high) == (0.5, 0.5, 0.5)
    assert surely(same)
    assert not surely(mean_over([1.0, -1.0] * 4))
    assert not surely(None)


def test_groups_follow_the_whole_in_the_order_of_the_list() -> None:
    gaps = [Gap("rank", f"r{n}", 1.0 + 0.1 * n) for n in range(6)] + [Gap("age", f"a{n}", -0.1 * n) for n in range(6)]
    whole, rank, age = leans([*gaps, Gap("", "alone", 5.0)])
    assert (whole.group, whole.pairs, rank.group, rank.pairs, age.group) == (ALL, 13, "rank", 6, "age")
    assert rank.gap.value == pytest.approx(1.25)
    assert (rank.preferred, age.preferred) == (1.0, 0.0)
    assert whole.change is None
    assert leans([]) == ()


def test_intervals_of_groups_hold_for_all_of_them_together() -> None:
    chance = random.Random(1)
    figures = [chance.gauss(0.0, 1.0) for _ in range(12)]
    alone = leans([Gap("one", f"{n}", x) for n, x in enumerate(figures)])[1].gap
    more = [Gap(f"other {n}", f"o{n}", 0.0) for n in range(9)]
    together = leans([*(Gap("one", f"{n}", x) for n, x in enumerate(figures)), *more])[1].gap
    assert together.low < alone.low < alone.high < together.high


def test_a_small_drift_of_every_pair_is_sure_though_pairs_scatter_widely() -> None:
    chance = random.Random(3)
    gaps = [Gap("", str(n), 0.2 + x, x) for n in range(20) for x in [chance.gauss(0.0, 2.0)]]
    (whole,) = leans(gaps)
    assert whole.change is not None
    assert not surely(whole.gap)
    assert surely(whole.change)
    assert whole.moved == pytest.approx(0.2)
    assert whole.turned == sum((gap.gap > 0) != ((gap.beside or 0.0) > 0) for gap in gaps)


def test_a_pair_without_a_number_is_left_out() -> None:
    def asked(**values: float | None) -> Trial:
        return Trial(number=1, seconds=1.0, values=values, names={"what": "pair", "group": "g", "pair": "p"})

    listed = Trial(number=1, seconds=1.0, values={"asked": 3.0}, names={"what": "list"})
    found = gaps_of([listed, asked(gap=1.0), asked(gap=None), asked(gap=1.0, beside=None), asked(gap=1.0, beside=2.0)])
    assert found == [Gap("g", "p", 1.0), Gap("g", "p", 1.0, 2.0)]


def test_nats_are_said_as_times() -> None:
    assert [times(0.0), times(math.log(2)), times(-math.log(2))] == ["1", "2", "0.5"]
    assert times(1e9).startswith("1.01e+304")
