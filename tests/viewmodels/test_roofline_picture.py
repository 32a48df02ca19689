"""What the Ceilings tab shows, as values: the table, who stands where, what that means."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from gpulab.events.documents import RunEnded, Trial
from gpulab.hardware.ceilings import Ceilings, Place
from gpulab.hardware.datasheet import peak_of
from gpulab.viewmodels.hardware.ceilings import ceiling_rows, progress
from gpulab.viewmodels.hardware.roofline import meaning, roofline, standings
from gpulab.viewmodels.record import RunRecord
from gpulab.words import sentence

CPU = Ceilings(
    Place("Some processor", "cpu", "", "2.13", 3),
    0.0,
    {"fp32": 2e11, "bf16": 1e12, "int8": 2e12},
    2e10,
    spread={"fp32": 0.005, "copy": 0.02},
)
GPU = Ceilings(
    Place("NVIDIA H100 80GB HBM3", "cuda:0", "550.1", "2.13", 0), 0.0, {"bf16": 7.5e14}, 2.5e12, 5e10, 4.8e10
)


def ran(name: str, device: str = "Some processor", **summary: Any) -> RunRecord:
    record = RunRecord(name, Path(name), name)
    figures = {"flops_per_token": 8e6, "bytes_per_token": 4e5, "flops_per_s": 1e11, "compute_type": "fp32"}
    record.ended = RunEnded(status="done", step=1, summary={**figures, "devices": 1, **summary})
    record.listed_device = device
    return record


def test_products_and_copies_stand_with_spread_and_what_was_promised() -> None:
    rows = {row.key: row for row in ceiling_rows(CPU, None)}
    assert [*rows] == ["fp32", "bf16", "int8", "copy"]
    assert (rows["fp32"].measured, rows["fp32"].spread, rows["fp32"].promised) == ("200 GFLOP/s", "0.5 %", "–")
    assert (rows["int8"].measured, rows["copy"].measured, rows["bf16"].spread) == ("2.00 TOP/s", "20.0 GB/s", "–")
    of_gpu = {row.key: row for row in ceiling_rows(GPU, peak_of("NVIDIA H100 80GB HBM3"))}
    assert [*of_gpu] == ["bf16", "copy", "to_device", "from_device"]
    assert of_gpu["bf16"].promised == "989 TFLOP/s"


def test_the_run_that_is_talked_about_comes_first_then_the_newest() -> None:
    records = [ran("2"), ran("1"), ran("3"), ran("4", flops_per_s=None)]
    found = standings(records, CPU, most=2)
    assert [run.name for run in found.runs] == ["2", "3"]
    assert (found.more, found.silent) == (1, 1)
    assert standings([], CPU).runs == ()


def test_a_run_has_a_roof_only_where_it_ran_and_in_numbers_that_were_measured() -> None:
    here, elsewhere, odd = standings([ran("a"), ran("b", "Another"), ran("c", compute_type="fp64")], CPU).runs[:3]
    assert here.roof is not None
    assert here.ceiling_share == pytest.approx(0.5)
    assert here.bound == "compute"
    by_name = {run.name: run for run in (elsewhere, odd)}
    assert by_name["b"].roof is None
    assert by_name["c"].roof is None
    assert [key for key, _ in meaning(by_name["b"])] == ["run_of_elsewhere"]


def test_under_the_slope_memory_is_the_limit_and_far_below_something_else_is() -> None:
    (run,) = standings([ran("a", bytes_per_token=4e6, flops_per_s=4e9)], CPU).runs
    assert run.bound == "memory"
    assert run.allowed_share == pytest.approx(0.1)
    said = meaning(run)
    assert [key for key, _ in said] == ["standing_reaches", "bound_memory", "standing_far_below"]
    words = [sentence(key, arguments) for key, arguments in said]
    assert "2.00 %" in words[0]
    assert "10.0 %" in words[0]
    assert "{" not in "".join(words)


def test_the_picture_holds_every_ridge_and_every_run() -> None:
    found = standings([ran("a"), ran("b", "Another", flops_per_s=1e20)], CPU)
    picture = roofline(CPU, found.runs)
    assert [roof.compute_type for roof in picture.roofs] == ["bf16", "fp32"]  # whole numbers train nothing
    for roof in picture.roofs:
        assert picture.x[0] < math.log10(roof.ridge) < picture.x[1]
        xs, ys = picture.line(roof)
        assert ys[1] == pytest.approx(math.log10(roof.flops_per_s)) == ys[2]
        assert ys[1] - ys[0] == pytest.approx(xs[1] - xs[0])  # one decade up for each to the right
    assert picture.y[1] < 13  # what ran elsewhere stretches nothing


def test_how_far_a_measurement_is_counts_what_was_measured_not_how_often() -> None:
    trials = [Trial(number=n, seconds=1.0, values={"flops_per_s": 1e9 * n}, names={"what": "fp32"}) for n in (1, 2)]
    one = progress(trials, on_gpu=False)
    assert (one.share, one.label, one.figure) == (0.1, "fp32", "2.00 GFLOP/s")
    copy = Trial(number=3, seconds=2.0, values={"bytes_per_s": 1e10}, names={"what": "copy"})
    assert progress([*trials, copy], on_gpu=False).share == pytest.approx(0.3)
    assert progress([], on_gpu=True).share == 0.0
