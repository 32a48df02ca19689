"""The readings that recorded answers stand for elsewhere, from a real driver."""

from __future__ import annotations

import time
from pathlib import Path

import pynvml
import pytest
import torch

from gpulab.engine.probes.device_readings import DeviceReadings
from gpulab.events.documents import Sample, SeriesDeclared
from gpulab.hardware.energy import gpu_meter
from gpulab.hardware.machine import this_machine
from gpulab.hardware.monitor import Monitor
from gpulab.hardware.nvml import NvmlGpu, handle_of
from gpulab.hardware.readings import GONE, REASONS
from tests.engine.support import ended, losses, run
from tests.gpu.support import tiny_on_gpu

CUDA = torch.device("cuda:0")


@pytest.fixture
def uuid() -> str:
    pynvml.nvmlInit()
    return str(torch.cuda.get_device_properties(CUDA).uuid)


def multiply(seconds: float) -> None:
    """Keeps the GPU busy with large products."""
    a = torch.randn(4096, 4096, device=CUDA, dtype=torch.float16)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for _ in range(10):
            a @ a
        torch.cuda.synchronize()


def test_the_driver_s_gpus_are_those_of_the_machine() -> None:
    monitor = Monitor()
    reading = monitor.read()
    monitor.close()
    there = this_machine().gpus
    assert [(gpu.index, gpu.name) for gpu in reading.gpus][: len(there)] == [(gpu.index, gpu.name) for gpu in there]
    gpu = reading.gpus[0]
    assert gpu.memory_total_bytes == there[0].memory_bytes
    assert gpu.memory_used_bytes is not None
    assert 0 < gpu.memory_used_bytes <= there[0].memory_bytes
    assert set(gpu.missing.values()) <= set(REASONS) - {GONE}
    assert not gpu.gone


def test_work_shows_in_the_readings(uuid: str) -> None:
    device = NvmlGpu(pynvml, handle_of(pynvml, uuid), 0)
    multiply(2.0)
    reading = device.read()
    if reading.busy_percent is None or reading.power_w is None:
        pytest.skip(f"this driver does not tell: {reading.missing}")
    assert reading.busy_percent > 50
    assert reading.power_w > 20
    assert reading.sm_clock_mhz
    assert reading.sm_clock_max_mhz
    assert reading.sm_clock_mhz <= reading.sm_clock_max_mhz


def test_energy_is_power_over_time(uuid: str) -> None:
    meter = gpu_meter(pynvml, [uuid])
    if not meter.source:
        pytest.skip("this driver tells neither energy nor power")
    handle = handle_of(pynvml, uuid)
    multiply(1.0)
    meter.start()
    begun, watts = time.monotonic(), []
    for _ in range(6):
        multiply(0.5)
        meter.look()
        watts.append(pynvml.nvmlDeviceGetPowerUsage(handle) / 1e3)
    meter.stop()
    expected = sum(watts) / len(watts) * (time.monotonic() - begun)
    assert meter.joules == pytest.approx(expected, rel=0.3)


def test_a_look_beside_a_training_takes_a_moment_only(uuid: str) -> None:
    device = DeviceReadings(NvmlGpu(pynvml, handle_of(pynvml, uuid), 0))
    begun = time.perf_counter()
    for _ in range(10):
        device._figures()
    assert (time.perf_counter() - begun) / 10 < 0.05


def test_a_run_tells_what_its_gpu_did_and_drew(tmp_path: Path) -> None:
    experiment = tiny_on_gpu(tmp_path, steps=400)
    documents = run(tmp_path / "run", experiment)
    series = {document.key for document in documents if isinstance(document, SeriesDeclared)}
    assert {"cpu_percent", "temperature_c"} <= series
    summary = ended(documents).summary
    told = {key for document in documents if isinstance(document, Sample) for key in document.values}
    if summary["train_seconds"] > 1.0:
        assert "cpu_percent" in told
    if "power_w" in series:
        assert summary["energy_source"] in ("gpu_counter", "gpu_power")
        assert summary["energy_joules"] > 0
    assert losses(documents) == losses(run(tmp_path / "again", experiment))
