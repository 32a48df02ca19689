"""The relative change over pairs: against scipy, and where figures are zero, negative or missing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpulab.analysis.intervals import Interval, average, mean, paired_change


def test_positive_figures_are_averaged_as_ratios_and_turned_back() -> None:
    from scipy.stats import ttest_rel

    rng = np.random.default_rng(3)
    base = rng.uniform(1.0, 9.0, 8)
    value = base * np.exp(rng.normal(0.1, 0.05, 8))
    found = paired_change(list(base), list(value))
    expected = ttest_rel(np.log(value), np.log(base)).confidence_interval(0.95)
    assert found.low == pytest.approx(math.expm1(expected.low))
    assert found.high == pytest.approx(math.expm1(expected.high))
    assert found.low < found.value < found.high


def test_twice_and_half_are_equally_far_from_none() -> None:
    there, back = paired_change([1.0, 2.0, 3.0], [2.0, 4.0, 6.0]), paired_change([2.0, 4.0, 6.0], [1.0, 2.0, 3.0])
    assert (there.value, back.value) == pytest.approx((1.0, -0.5))


def test_with_a_zero_differences_are_averaged() -> None:
    assert paired_change([0.0, 2.0, 4.0], [1.0, 2.0, 6.0]).value == pytest.approx(0.5)
    assert paired_change([-2.0, -2.0], [-1.0, -1.0]).value == pytest.approx(0.5)
    assert paired_change([0.0, 0.0], [0.0, 0.0]).value == 0.0
    assert paired_change([0.0, 0.0], [0.0, 1.0]).value == math.inf


def test_what_cannot_be_negative_falls_by_no_more_than_all_of_it() -> None:
    assert paired_change([40.0, 40.0], [0.0, 1.0]).low == -1.0
    assert paired_change([1.0, 1.0], [-1.0, -3.0]).low < -1.0
    assert math.isnan(paired_change([0.0, 0.0], [1.0, -1.0]).value)


def test_few_pairs_have_no_interval_and_none_no_change() -> None:
    one, none = paired_change([1.0], [2.0]), paired_change([], [])
    assert one == Interval(1.0, -math.inf, math.inf)
    assert math.isnan(none.value)
    assert paired_change([1.0, math.nan], [2.0, 1.0]) == one


ODD = st.one_of(st.floats(), st.sampled_from([0.0, 1e308, -1e308, 5e-324]))


@given(st.lists(st.tuples(ODD, ODD), max_size=9))
def test_no_figures_are_odd_enough_to_break_it(pairs: list[tuple[float, float]]) -> None:
    found = paired_change([one for one, _ in pairs], [other for _, other in pairs])
    assert math.isnan(found.value) or not math.isfinite(found.value) or found.low <= found.value <= found.high


def test_averages_of_figures_beyond_all_bounds() -> None:
    assert average([1e308, 1e308]) == pytest.approx(1e308)
    assert math.isnan(average([math.inf, -math.inf]))
    assert average([3.0, 3.0, 3.0]) == 3.0


def test_the_interval_of_a_mean_holds_it_in_95_of_100() -> None:
    rng = np.random.default_rng(4)
    held = [one.low <= 0.0 <= one.high for one in (mean(list(rng.normal(size=5))) for _ in range(1_000))]
    assert np.mean(held) == pytest.approx(0.95, abs=0.03)
