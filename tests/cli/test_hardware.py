"""`gpulab hardware` tells what the machine does, in words and as an object, and why a figure is missing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import get_args

import pytest

from gpulab.cli import hardware
from gpulab.cli.summary import finish
from gpulab.cli.watching import Watched
from gpulab.hardware.energy import EnergySource
from gpulab.hardware.monitor import Monitor
from gpulab.hardware.readings import FIGURES
from gpulab.runs.digest import Digest
from gpulab.words import sentences
from tests.cli.conftest import Gpulab
from tests.hardware.nvml_recorded import RecordedNvml, divided_h100, guarded, h100, old_geforce


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "_BETWEEN_S", 0.02)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def on(monkeypatch: pytest.MonkeyPatch, nvml: RecordedNvml) -> None:
    monkeypatch.setattr(hardware, "Monitor", lambda: Monitor(nvml))


def test_a_machine_without_a_gpu_is_told_of_plainly(gpulab: Gpulab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "Monitor", lambda: Monitor(present=lambda: False))
    said = gpulab("hardware")
    assert said.status == 0
    assert "no NVIDIA driver" in said.out
    assert "Processor\n  busy" in said.out
    told = gpulab("hardware", "--json").json
    assert told["gpus"] == []
    assert [notice["key"] for notice in told["notices"]] == ["no_gpu_driver"]
    assert told["host"]["memory_total_bytes"] > told["host"]["memory_used_bytes"] > 0


def test_gpus_are_told_of_with_power_and_clock_beside_how_busy_they_are(
    gpulab: Gpulab, monkeypatch: pytest.MonkeyPatch
) -> None:
    nvml = RecordedNvml(h100(0), h100(1))
    on(monkeypatch, nvml)
    said = gpulab("hardware").out
    lines = [" ".join(line.split()) for line in said.splitlines()]
    for line in (
        "GPU 1: NVIDIA H100 80GB HBM3",
        "busy 97 %",
        "memory 30 GiB of 80 GiB",
        "power 698 W, limit 700 W",
        "clock 1,755 MHz, at most 1,980 MHz",
        "slowed down at its power limit",
        "PCIe 51.0 MB/s sent, 402 MB/s received",
        "energy 5.00 kJ since its driver was loaded",
        f"{os.getpid()} 29 GiB python3.11",
    ):
        assert lines.count(line) == (1 if line.startswith("GPU") else 2), line
    assert nvml.begun == 0, "the driver was let go"
    gpus = gpulab("hardware", "--json").json["gpus"]
    assert all(gpu[figure] is not None for gpu in gpus for figure in FIGURES)


@pytest.mark.parametrize(
    ("nvml", "said"),
    [
        (RecordedNvml(old_geforce()), "does not tell this"),
        (RecordedNvml(guarded()), "does not let this program read it"),
        (RecordedNvml(divided_h100()), "divided into slices"),
    ],
)
def test_what_is_missing_is_explained(
    gpulab: Gpulab, monkeypatch: pytest.MonkeyPatch, nvml: RecordedNvml, said: str
) -> None:
    on(monkeypatch, nvml)
    out = gpulab("hardware").out
    assert any(said in line and "energy" in line for line in out.splitlines())
    assert "energy       -" in out


def test_a_gpu_that_is_gone_is_listed_as_gone() -> None:
    gpu = h100()
    monitor = Monitor(RecordedNvml(gpu))
    monitor.read()
    gpu.lost = True
    assert hardware.in_words(monitor.read()).count("does not answer any more") == 2


def test_a_run_s_end_tells_its_energy_and_how_that_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    for source, words in (("gpu_counter", "counted by the GPU itself"), ("gpu_power", "added up"), ("", "")):
        watched = Watched(Path("run"), Digest())
        watched.digest.status = "done"
        watched.digest.summary = {"energy_joules": 5250.0 if source else None, "energy_source": source}
        assert finish(watched, as_json=False) == 0
        out = capsys.readouterr().out
        assert ("energy of training: 5.25 kJ" in out) == bool(source)
        assert words in out
    assert all(f"energy_by_{source}" in sentences() for source in get_args(EnergySource) if source)


@pytest.mark.parametrize("rate", ["0", "11", "nan", "-1"])
def test_a_rate_beyond_what_is_worth_asking_is_refused(gpulab: Gpulab, rate: str) -> None:
    refused = gpulab("hardware", "--watch", f"--rate={rate}")
    assert refused.status == 2
    assert "is outside what is allowed, 0.01 to 10" in refused.err


def test_watching_goes_on_until_it_is_interrupted(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gpulab", "hardware", "--watch", "--rate", "10", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stdout
        told = [json.loads(watching.stdout.readline()) for _ in range(3)]
        watching.send_signal(signal.SIGINT)
        begun = time.monotonic()
        _, errors = watching.communicate(timeout=20)
    assert time.monotonic() - begun < 10
    assert watching.returncode == 0
    assert "Traceback" not in errors
    assert told[1]["at"] - told[0]["at"] > 0.05
    assert told[1]["notices"] == [], "what was said once is not said again"
