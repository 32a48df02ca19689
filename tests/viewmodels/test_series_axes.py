"""Axes end at round numbers, grow in steps, and name their ticks as people do."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpulab.viewmodels.charting import clipped, nice_step, reach_x, reach_y
from gpulab.viewmodels.charts import lab_charts
from gpulab.viewmodels.figures import Format, duration, figure, ticks


@pytest.mark.parametrize(
    ("value", "format", "text"),
    [
        (1.8427, "plain", "1.843"),
        (0.0003, "plain", "0.0003"),
        (0, "plain", "0"),
        (412_345, "rate", "412 k/s"),
        (9.61e9, "bytes", "9.61 GB"),
        (999_960, "si", "1.00 M"),
        (None, "si", "–"),
        (float("nan"), "plain", "–"),
    ],
)
def test_figures(value: float | None, format: Format, text: str) -> None:
    assert figure(value, format) == text


def test_ticks_share_a_prefix_and_need_no_more_digits() -> None:
    assert ticks([0, 200_000, 400_000], 200_000, "si") == ["0", "200 k", "400 k"]
    assert ticks([0, 500, 1000, 1500], 500, "si") == ["0", "500", "1000", "1500"]
    assert ticks([0, 5e9, 1e10], 5e9, "bytes") == ["0", "5 GB", "10 GB"]
    assert ticks([0, 250e6, 500e6], 250e6, "bytes") == ["0", "250 MB", "500 MB"]
    assert ticks([1.5, 1.75, 2], 0.25, "plain") == ["1.50", "1.75", "2.00"]
    assert ticks([0, 1e-4, 2e-4], 1e-4, "plain") == ["0", "1e-4", "2e-4"]
    assert ticks([0, 5e-4, 1e-3], 5e-4, "plain") == ["0", "0.0005", "0.0010"]
    assert ticks([0, 2.5e-5, 5e-5], 2.5e-5, "plain") == ["0", "2.5e-5", "5.0e-5"]


@given(st.floats(1e-7, 10.0), st.floats(0.0, 1.0))
def test_no_two_ticks_have_the_same_label(span: float, low: float) -> None:
    spacing = nice_step(span)
    first = math.ceil(low / spacing)
    labels = ticks([(first + place) * spacing for place in range(9)], spacing, "plain")
    assert len(set(labels)) == len(labels)


def test_durations() -> None:
    words = {0: "0 s", 45: "45 s", 150: "2 min 30 s", 3900: "1 h 5 min", 90_000: "1 d 1 h"}
    assert {value: duration(value) for value in words} == words


@given(st.floats(1e-9, 1e12), st.integers(2, 20))
def test_steps_are_nice(span: float, parts: int) -> None:
    step = nice_step(span, parts)
    assert span / parts <= step * (1 + 1e-6) <= span / parts * 2.6


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9), st.booleans())
def test_the_vertical_range_holds_all(low: float, span: float, from_zero: bool) -> None:
    bottom, top = reach_y(low, low + span, log=False, from_zero=from_zero)
    assert bottom <= low
    assert top >= low + span
    assert top > bottom


def test_a_growing_run_moves_the_axis_seldom() -> None:
    ends = [reach_x(float(last), log=False, smallest=1.0)[1] for last in range(1, 10_001)]
    assert len(set(ends)) < 60
    assert all(end >= last for last, end in enumerate(ends, 1))
    assert reach_x(2000, log=False, smallest=1) == (0, 2000)
    assert reach_x(2000, log=True, smallest=1) == (0, 3.5)


def test_amounts_start_at_zero() -> None:
    assert reach_y(9.5e9, 9.7e9, log=False, from_zero=True)[0] == 0
    assert reach_y(0.0, 3e-4, log=False, from_zero=False)[0] == 0


def test_outliers_are_left_out() -> None:
    values = np.concatenate((np.linspace(1, 2, 200), [500.0]))
    low, high = clipped(values)
    assert low == pytest.approx(1)
    assert high < 3


def test_a_constant_learning_rate_stands_on_zero() -> None:
    chart = next(chart for chart in lab_charts(False, str) if chart.key == "learning_rate")
    assert reach_y(1e-3, 1e-3, log=False, from_zero=chart.from_zero)[0] == 0.0
