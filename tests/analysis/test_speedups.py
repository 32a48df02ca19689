"""What counts as faster, as paid back, as kept: against hand counts, and on the side of caution."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from gpulab.analysis.intervals import Interval
from gpulab.analysis.looking import EQUAL
from gpulab.analysis.speedups import FLOOR, pace, pays_after, quality, times_sooner


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (1.03, 1.3, "kept"),
        (1.01, 1.3, "unsure"),
        (FLOOR, 1.3, "unsure"),
        (0.9, 1.3, "unsure"),
        (1.0, 1.01, "no_gain"),
        (0.9, 1.01, "no_gain"),
        (0.5, 0.9, "slower"),
        (-math.inf, math.inf, "unsure"),
    ],
)
def test_only_a_whole_interval_above_the_floor_is_kept(low: float, high: float, word: str) -> None:
    assert pace(Interval(1.1, low, high)) == word


def test_compiling_pays_back_after_what_it_took_over_what_it_saves() -> None:
    assert pays_after(10.0, 0.030, 0.020) == 1000
    assert pays_after(0.0, 0.030, 0.020) == 0
    assert pays_after(10.0, 0.020, 0.020) is None
    assert pays_after(10.0, 0.020, 0.030) is None


def test_equal_quality_is_proven_by_the_whole_interval() -> None:
    before = [2.0, 2.1, 2.2]
    found = quality(before, [2.001, 2.101, 2.201], 0.5)
    assert found.word == "equal"
    logs = [math.log(b / a) for a, b in zip(before, [2.001, 2.101, 2.201], strict=True)]
    half = stats.t.isf(EQUAL / 2, 2) * stats.tstd(logs) / 3**0.5
    assert found.change.high == pytest.approx(math.expm1(sum(logs) / 3 + half))


def test_scatter_proves_nothing_and_more_seeds_may() -> None:
    before, after = [2.0, 2.0, 2.0], [2.0, 2.05, 1.96]
    assert quality(before, after, 0.5, last=False).word == "unproven"
    assert quality(before, after, 0.5, last=True).word == "unproven"  # the mean lies within the region
    assert quality(before, [2.0, 2.08, 1.98], 0.5, last=False).word == "unproven"
    assert quality(before, [2.0, 2.08, 1.98], 0.5, last=True).word == "harmful"


def test_better_is_no_harm_and_worse_or_lost_is() -> None:
    before = [2.0, 2.1, 2.2]
    assert quality(before, [1.8, 1.9, 2.0], 0.5).word == "equal"
    assert quality(before, [2.2, 2.31, 2.42], 0.5, last=False).word == "harmful"
    assert quality(before, [2.0, 2.1, math.nan], 0.5).word == "harmful"
    assert quality([2.0], [2.0], 0.5).word == "unproven"  # a single seed has no spread


def test_how_much_sooner_is_a_geometric_mean() -> None:
    found = times_sooner([10.0, 40.0], [5.0, 5.0])
    assert found.value == pytest.approx(4.0)
    assert found.low < 1.0 < 4.0 < found.high
    assert times_sooner([10.0], [5.0]).low < 0.0  # open
    exact = times_sooner([10.0, 20.0, 30.0], [5.0, 10.0, 15.0])
    assert [exact.low, exact.high] == pytest.approx([2.0, 2.0])
