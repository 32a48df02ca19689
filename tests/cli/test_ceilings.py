"""`gpulab ceilings`: measured once, read the next time, measured again where that is asked."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gpulab.runs.ceilings import ceilings_root
from gpulab.runs.jobs import jobs_root
from gpulab.runs.launcher import start
from tests.cli.conftest import Gpulab, Result

HERE = ("--device", "cpu", "--threads", "1")
TINY = (*HERE, "--width", "64", "--megabytes", "1", "--repeats", "3")
_SMALL_WORKER = """
import sys
from gpulab.engine.jobs import ceilings
from gpulab.engine.worker import main
ceilings._WIDEST["cpu"], ceilings._COPIED_BYTES["cpu"] = 64, 1 << 20
sys.exit(main(sys.argv[1:]))
"""
"""A worker for which the device's own sizes are tiny."""


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    command = (sys.executable, "-c", _SMALL_WORKER)
    monkeypatch.setattr("gpulab.cli.ceilings.start", lambda job_dir: start(job_dir, command=command))


@pytest.mark.usefixtures("small")
def test_it_is_measured_once_and_kept(gpulab: Gpulab) -> None:
    told = gpulab("ceilings", *HERE, "--json").json
    assert told["place"]["threads"] == 1
    assert told["flops_per_s"]["fp32"] > 1e6
    assert told["datasheet"] is None
    assert Path(told["file"]).parent == ceilings_root()
    again = gpulab("ceilings", *HERE)
    assert again.status == 0
    assert "fp32" in again.out
    assert "GB/s" in again.out
    assert ", 1 thread\n" in again.out
    assert "no MFU" in again.out
    assert len(list(jobs_root().glob("2*"))) == 1
    assert gpulab("ceilings", *HERE, "--again", "--json").json["measured_at"] > told["measured_at"]
    assert len(list(jobs_root().glob("2*"))) == 2


def test_settings_of_ones_own_are_answered_and_not_kept(gpulab: Gpulab) -> None:
    told = gpulab("ceilings", *TINY)
    assert told.status == 0
    assert "fp32" in told.out
    assert "not kept as this machine's ceilings" in told.out
    assert gpulab("ceilings", *TINY, "--json").json["file"] is None
    assert not ceilings_root().exists()


def test_runs_stand_under_the_ceilings(gpulab: Gpulab, finished: Result, tmp_path: Path) -> None:
    run_dir = finished.json["run_dir"]
    result = gpulab("ceilings", run_dir, *TINY)
    assert result.status == 0
    assert "operations/byte" in result.out
    assert "operations a byte" in result.out
    (told,) = gpulab("ceilings", run_dir, *TINY, "--json").json["runs"]
    assert told["flops_per_s"] > 0
    assert told["intensity"] == told["flops_per_token"] / told["bytes_per_token"]
    assert gpulab("ceilings", tmp_path / "no run", *TINY).status == 2


def test_what_breaks_off_is_no_answer_though_there_is_an_earlier_one(
    gpulab: Gpulab, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert gpulab("ceilings", *HERE).status == 0
    monkeypatch.setattr("gpulab.cli.ceilings.start", lambda job_dir: start(job_dir, command=("false",)))
    result = gpulab("ceilings", *HERE, "--again")
    assert (result.status, result.out) == (1, "")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("--device", "cuda:9"), "cuda:9 is not on this machine"),
        (("--repeats", "1"), "repeats: 1"),
        (("--width", "wide"), "width: wide"),
    ],
)
def test_what_cannot_be_measured_starts_nothing(gpulab: Gpulab, typed: tuple[str, ...], said: str) -> None:
    result = gpulab("ceilings", *typed)
    assert result.status == 2
    assert said in result.err
    assert not jobs_root().exists()
