"""Histories are whole, a resumed run replaces what it lives again, and fewer points still show every extreme."""

from __future__ import annotations

import itertools
import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpulab.viewmodels.decimation import buckets, envelope, samples
from gpulab.viewmodels.series import Column, RunSeries
from gpulab.viewmodels.smoothing import Smoother
from gpulab.viewmodels.track import Track, Window

finite = st.floats(-1e6, 1e6)


@given(st.lists(st.lists(finite, max_size=700), max_size=6), st.integers(0, 900))
def test_a_column_holds_what_was_put_in(chunks: list[list[float]], keep: int) -> None:
    column, expected = Column(), [value for chunk in chunks for value in chunk]
    for chunk in chunks:
        column.extend(chunk[:-1])
        for value in chunk[-1:]:
            column.append(value)
    assert column.view.tolist() == expected
    column.truncate(keep)
    assert column.view.tolist() == expected[:keep]
    with pytest.raises(ValueError, match="read-only"):
        column.view[:] = 0


def test_appending_costs_the_same_however_long_the_history() -> None:
    series = RunSeries()
    began = time.perf_counter()
    for step in range(100_000):
        series.add(step, step, float(step), {"loss": 1.0})
    assert time.perf_counter() - began < 5
    assert len(series.values("loss")) == 100_000


def test_missing_values_are_nan_and_keep_their_rows() -> None:
    series = RunSeries(tokens_per_epoch=20)
    series.extend([(1, 10, 0.5, {"a": 1.0}), (2, 20, 1.0, {"b": 2.0, "a": None}), (3, 30, 1.5, {"a": math.inf})])
    assert np.isnan(series.values("a")).tolist() == [False, True, True]
    assert np.isnan(series.values("b")).tolist() == [True, False, True]
    assert np.isnan(series.values("never")).all()
    assert (series.last("a"), series.last("b"), series.last("never")) == (1.0, 2.0, None)
    epochs = series.x("epoch")
    assert epochs is not None
    assert epochs.tolist() == [0.5, 1.0, 1.5]
    assert RunSeries().x("epoch") is None


def test_a_resumed_run_replaces_what_followed() -> None:
    series = RunSeries()
    series.extend([(step, step * 10, step * 1.0, {"a": float(step)}) for step in range(10)])
    track = Track(series, "a")
    track.sync(0.5)
    series.supersede(4)
    series.add(5, 50, 3.0, {"a": -5.0})  # a clock that was set back
    track.sync(0.5)
    assert series.step.tolist() == [0, 1, 2, 3, 4, 5]
    assert series.seconds.tolist() == [0, 1, 2, 3, 4, 4]
    assert track.raw.tolist() == [0, 1, 2, 3, 4, -5]
    series.add(2, 20, 9.0, {"a": 7.0})  # resumed, and nobody said so
    assert series.step.tolist() == [0, 1, 2, 2]


@given(st.lists(finite, min_size=1, max_size=400), st.floats(0, 0.99), st.lists(st.integers(0, 400), max_size=5))
def test_smoothing_by_pieces_equals_the_definition(values: list[float], weight: float, cuts: list[int]) -> None:
    smoother = Smoother(weight)
    for piece in np.split(np.array(values), sorted(cuts)):
        smoother.extend(piece)
    mean, expected = 0.0, []
    for count, value in enumerate(values, 1):
        mean = weight * mean + (1 - weight) * value
        expected.append(mean / (1 - weight**count))
    np.testing.assert_allclose(smoother.out.view, expected, rtol=1e-9, atol=1e-6)


def test_smoothing_has_its_limits() -> None:
    with pytest.raises(ValueError, match=r"0\.99"):
        Smoother(1.0)


@settings(max_examples=60)
@given(st.data())
def test_every_pixel_keeps_its_lowest_and_highest_value(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 3000))
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    x = np.sort(rng.integers(0, 2000, count)) if data.draw(st.booleans()) else np.sort(rng.uniform(0, 2000, count))
    y = rng.normal(size=count)
    low = data.draw(st.floats(-10, 1500))
    edges = np.linspace(low, low + data.draw(st.floats(1, 2500)), data.draw(st.integers(1, 300)) + 1)
    bounds = buckets(x, edges)
    points_x, points_y = envelope(x, y, bounds)
    assert len(points_x) <= max(4 * (len(edges) - 1), 0)
    last = len(edges) - 2
    for index, (left, right) in enumerate(itertools.pairwise(edges)):
        inside = (x >= left) & ((x <= right) if index == last else (x < right))
        shown = (points_x >= left) & ((points_x <= right) if index == last else (points_x < right))
        assert inside.any() == shown.any()
        if inside.any():
            assert points_y[shown].min() == y[inside].min()
            assert points_y[shown].max() == y[inside].max()


def test_a_slope_stays_a_slope() -> None:
    x = np.arange(10_000)
    for y in (-x.astype(np.float64), x.astype(np.float64)):
        _, shown = envelope(x, y, buckets(x, np.linspace(0, 10_000, 101)))
        steps = np.diff(shown)
        assert (steps <= 0).all() or (steps >= 0).all()


def test_light_curves_keep_true_values() -> None:
    x, y = np.arange(1000), np.random.default_rng(0).normal(size=1000)
    across, up = samples(x, y, buckets(x, np.linspace(0, 1000, 51)))
    assert len(across) == 51
    assert (y[across.astype(int)] == up).all()
    assert (across[0], across[-1]) == (0, 999)


def test_zoom_changes_neither_smoothing_nor_history() -> None:
    series = RunSeries()
    rng = np.random.default_rng(0)
    series.extend([(step, step, step * 0.1, {"a": rng.normal()}) for step in range(5000)])
    track = Track(series, "a")
    track.sync(0.9)
    whole = dict(zip(*map(list, track.curve(Window("step", 0, 5000, False, 15_000), True)), strict=True))
    x, y = track.curve(Window("step", 1000, 1100, False, 300), True)
    assert all(whole[place] == value for place, value in zip(x, y, strict=True))
    assert (x[0], x[-1]) == (999, 1101)  # a zoomed line runs to the edges
    assert track.index_at("step", 1000.7) == 1000
    assert track.index_at("step", 6000) is None
