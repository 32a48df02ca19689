"""Benchmarks must measure what they say, and the plain loop must be the same training as the engine's."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from gpulab import bench
from gpulab.bench.catalogue import BENCHMARKS, measurement, parts
from gpulab.bench.charts import _growth
from gpulab.bench.long_run import Throughput, finished
from gpulab.bench.one import rows_of
from gpulab.bench.promises import PROMISES, promise
from gpulab.bench.window import _seconds_in


def test_every_benchmark_can_be_imported() -> None:
    assert all(callable(measurement(part)) for name in BENCHMARKS for part in parts(name))
    assert all(callable(promise(name)) for name in PROMISES)


@pytest.mark.parametrize(
    "argv",
    [
        ["nonsense"],
        ["--bogus"],
        ["--only", "magic"],
        ["--device", "cuda:99"],
        ["text", "--write", "/no/such/folder/page.md"],
    ],
)
def test_bad_input_is_refused_before_anything_is_measured(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(argv) == 2
    assert "measuring" not in capsys.readouterr().err


def test_a_benchmark_runs_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = tmp_path / "measurements.md"
    assert bench.main(["text", "--quick", "--json", "--write", str(written)]) == 0
    answer = msgspec.json.decode(capsys.readouterr().out)
    assert {"name", "value", "unit", "target", "met", "reason", "how", "low", "high"} <= answer["rows"][0].keys()
    page = written.read_text(encoding="utf-8")
    assert "text from the cache" in page
    assert os.uname().nodename not in page


def test_a_failing_benchmark_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(BENCHMARKS, "missing", "has no module")
    assert bench.main(["missing"]) == 1
    assert "failed" in capsys.readouterr().out


def test_the_memory_estimate_keeps_its_promise() -> None:
    errors = [row for row in rows_of("memory", quick=True) if row.target]
    assert [row.met for row in errors] == [True, True]


@pytest.mark.slow
def test_the_plain_loop_trains_the_same_model() -> None:
    rows = {row.name: row for row in rows_of("engine", quick=True)}
    difference = rows["mini, fp32: loss differs from the plain loop's by"]
    assert difference.value is not None
    assert difference.value < 1e-5


def test_without_a_gpu_its_benchmark_says_so() -> None:
    if torch.cuda.is_available():
        pytest.skip("a CUDA device is at hand")
    rows = measurement("gpu")(True, "cpu")
    assert {row.reason for row in rows} == {"no CUDA device"}
    assert all(row.value is None and row.met is None and row.target for row in rows)


@pytest.mark.slow
def test_the_window_is_timed_beside_a_training() -> None:
    rows = {row.name: row for row in rows_of("window", quick=True)}
    drawn = rows["charts drawn"].value
    assert drawn is not None
    assert drawn > 0


@pytest.mark.slow
def test_the_window_opens_without_torch() -> None:
    rows = {row.name: row for row in rows_of("startup", quick=True)}
    assert rows["windows whose process imported torch"].met is True


@pytest.mark.slow
def test_pressing_run_is_timed_until_the_first_figure() -> None:
    rows = {row.name: row.value for row in rows_of("first_sample", quick=True)}
    sample, loss = (rows[f"from Run to the first {what}, next run"] for what in ("sample", "training loss"))
    assert sample is not None
    assert loss is not None
    assert 0 < sample <= loss


@pytest.mark.slow
def test_what_reads_the_machine_is_timed() -> None:
    rows = {row.name: row.value for row in rows_of("probes", quick=True)}
    assert all(value is not None and value > 0 for value in rows.values())


def test_growth_is_told_for_ten_thousand_redraws() -> None:
    assert _growth(np.linspace(100.0, 101.0, 1000)).value == pytest.approx(10.0, rel=0.05)
    assert _growth(np.full(500, 100.0)).high == 0.0


def test_painting_within_painting_counts_once() -> None:
    seconds = _seconds_in([(5.0, 6.0), (1.0, 3.0), (2.0, 2.5), (2.8, 3.5)])
    assert seconds(np.array([0.0, 1.0, 2.0, 3.2, 4.0, 5.5, 9.0])).tolist() == pytest.approx(
        [0.0, 0.0, 1.0, 2.2, 2.5, 3.0, 3.5]
    )


def test_throughput_is_read_between_two_readings_of_the_device(tmp_path: Path) -> None:
    speeds = Throughput(finished(tmp_path, 300, seed=1))
    assert speeds.points == 100
    assert speeds.between(0.0, 1e12) == pytest.approx(768 / 0.025)
