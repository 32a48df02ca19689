"""A benchmark that flatters is worse than none: what counts as met, and how sure a figure is, is pinned down here."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from gpulab.analysis.intervals import Interval, mean, median, paired_ratio
from gpulab.bench.report import machine_facts, page, sections, table
from gpulab.bench.rows import Row, Target, exact, measured, not_shown
from gpulab.bench.turns import in_turn


@pytest.mark.parametrize(
    ("low", "high", "met"),
    [(1.01, 1.05, True), (1.0, 1.0, True), (0.99, 1.05, None), (0.9, 0.99, False), (-math.inf, math.inf, None)],
)
def test_a_target_is_met_only_if_the_whole_interval_clears_it(low: float, high: float, met: bool | None) -> None:
    row = measured("speed", Interval(1.02, low, high), "x", "by hand", Target("at least", 1.0))
    assert row.met is met
    assert bool(row.reason) is (met is None)


def test_at_most_looks_at_the_upper_bound() -> None:
    target = Target("at most", 1.5)
    assert measured("start", Interval(1.4, 1.3, 1.45), "x", "", target).met is True
    assert measured("start", Interval(1.4, 1.3, 1.55), "x", "", target).met is None
    assert measured("start", Interval(1.7, 1.6, 1.8), "x", "", target).met is False


def test_arms_take_turns_and_neither_always_goes_first() -> None:
    order: list[str] = []

    def arm(name: str) -> float:
        order.append(name)
        return float(len(order))

    a, b = in_turn(lambda: arm("a"), lambda: arm("b"), 4)
    assert "".join(order) == "abbaabba"
    assert (a, b) == ([1.0, 4.0, 5.0, 8.0], [2.0, 3.0, 6.0, 7.0])


def test_a_slow_machine_moves_both_arms_and_not_their_ratio() -> None:
    slowness = np.random.default_rng(0).uniform(1.0, 10.0, 40)
    ratio = paired_ratio(list(1.1 * slowness), list(slowness))
    assert ratio.value == pytest.approx(1.1)
    assert ratio.low == pytest.approx(1.1)


def test_the_interval_holds_the_median_and_shrinks_with_more_figures() -> None:
    figures = list(np.random.default_rng(1).normal(1.0, 0.1, 200))
    few, many = median(figures[:20]), median(figures)
    assert few.low < few.value < few.high
    assert many.high - many.low < few.high - few.low


def test_too_few_figures_prove_nothing() -> None:
    assert measured("start", median([1.0, 1.0, 1.0]), "x", "", Target("at most", 1.5)).met is None


def test_the_mean_of_three_seeds_has_its_t_interval() -> None:
    interval = mean([1.0, 2.0, 3.0])
    assert interval.value == pytest.approx(2.0)
    assert interval.high == pytest.approx(2.0 + 4.303 / 3**0.5, rel=1e-3)


def test_figures_survive_json_and_are_told_in_table_and_page() -> None:
    rows = [
        measured("speed", Interval(1.02, 1.01, 1.03), "x tokens/s", "in turn", Target("at least", 1.0)),
        exact("bytes", 12_345_678, "bytes", "counted"),
        not_shown("gpu", "x", "", Target("at least", 2.0), "there is no GPU"),
    ]
    assert msgspec.json.decode(msgspec.json.encode(rows), type=list[Row]) == rows
    for told in (table({"engine": rows}), page({"engine": rows}, machine_facts(), quick=False)):
        assert "1.02 x tokens/s [1.01, 1.03]" in told
        assert "12,345,678 bytes" in told
        assert "not shown: there is no GPU" in told


def test_a_page_keeps_the_sections_that_were_not_measured_again() -> None:
    facts = machine_facts()
    row, later = (exact(name, 7, "bytes", "counted") for name in ("earlier", "later"))
    whole = page({"text": [row], "engine": [row]}, facts, quick=False)
    assert list(sections(whole)) == ["engine", "text"]  # in the order of the catalogue, not of their measuring
    again = page({"text": [later]}, facts, quick=True, before=whole)
    assert sections(again)["engine"] == sections(whole)["engine"]
    assert "later" in sections(again)["text"]
    assert "earlier" not in sections(again)["text"]
    assert "too short to rest anything on" in sections(again)["text"]
    assert page({"text": [row]}, facts, quick=False, before=again) == whole
