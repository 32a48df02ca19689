"""Every call that is made of a driver, refused in every way a driver knows: nothing that only reads lets it out."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pynvml
import pytest

from gpulab.engine.probes.besides import Probes
from gpulab.engine.probes.device_readings import DeviceReadings
from gpulab.engine.probes.energy import EnergyProbe
from gpulab.engine.probes.guard import Guard
from gpulab.engine.probes.memory import ProcessMemory
from gpulab.events.documents import Notice
from gpulab.hardware.energy import EnergyMeter, gpu_meter
from gpulab.hardware.host import Host
from gpulab.hardware.monitor import Monitor
from gpulab.hardware.nvml import NvmlGpu
from gpulab.hardware.readings import FIGURES, REASONS, GpuReading
from gpulab.words import sentence
from tests.hardware.nvml_recorded import RecordedNvml, divided_h100, h100

CODES = sorted({code for name, code in vars(pynvml).items() if name.startswith("NVML_ERROR_")})
ERRORS = [
    *(pynvml.NVMLError(code) for code in CODES),
    pynvml.NVMLLibraryMismatchError("a driver without the newest way to list processes"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    MemoryError(),
]


class Refusing(RecordedNvml):
    """Raises `error` from the call named `refused`, and notes the names of all that are made."""

    refused, error = "", Exception()

    def __init__(self) -> None:
        super().__init__(divided_h100(), h100(3))
        self.called: set[str] = set()

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("nvmlDevice") and name not in ("nvmlInit", "nvmlSystemGetProcessName"):
            return super().__getattribute__(name)
        try:
            answer = super().__getattribute__(name)
        except AttributeError:
            answer = self.__getattr__(name)

        def call(*arguments: Any) -> Any:
            self.called.add(name)
            if name == self.refused:
                raise self.error
            return answer(*arguments)

        return call


def _calls(use: Callable[[Refusing], object]) -> list[str]:
    """The names of all calls that `use` makes."""
    nvml = Refusing()
    use(nvml)
    return sorted(nvml.called)


@pytest.fixture(autouse=True)
def _all_gpus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr("gpulab.hardware.host.memory_limit_bytes", lambda: 100)
    monkeypatch.setattr("gpulab.hardware.host.free_memory_bytes", lambda: 50)


class Nothing:
    """A machine of which nothing is known; reading it takes no time."""

    def __getattr__(self, name: str) -> Any:
        return lambda **_: []


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_whatever_a_driver_refuses_the_monitor_reads_on(error: Exception) -> None:
    calls = _calls(lambda nvml: Monitor(nvml, Host(Nothing())).read())
    assert len(calls) > 15
    for call in calls:
        now = [100.0]
        nvml = Refusing()
        monitor = Monitor(nvml, Host(Nothing()), clock=lambda: now[0])  # noqa: B023
        nvml.error, nvml.refused = error, call  # from the beginning
        monitor.read()
        nvml.refused = ""
        now[0] += 60.0
        whole = monitor.read()
        nvml.refused = call  # midway
        for _ in range(3):
            now[0] += 60.0
            reading = monitor.read()
            assert len(reading.gpus) >= len(whole.gpus), call
            for gpu in reading.gpus:
                _explained(gpu)
            assert all(sentence(notice.key, notice.arguments) for notice in reading.notices)
        monitor.close()


def _explained(gpu: GpuReading) -> None:
    """Each figure is told, or why it is not."""
    for figure in FIGURES:
        assert (getattr(gpu, figure) is None) == (figure in gpu.missing)
    assert set(gpu.missing.values()) <= set(REASONS)


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_whatever_a_driver_refuses_a_training_is_left_alone(error: Exception) -> None:
    for call in _calls(_watched):
        for midway in (False, True):
            nvml = Refusing()
            nvml.error = error
            told = [notice.arguments["probe"] for notice in _watched(nvml, call, midway)]
            assert len(set(told)) == len(told), "each probe is told of once"


def _watched(nvml: Refusing, refused: str = "", midway: bool = False) -> list[Notice]:
    """The notices of a training of a moment, to which `refused` is refused from the beginning or `midway`."""
    said: list[Notice] = []
    guard, gpu = Guard(said.append), nvml.gpus[1]
    if not midway:
        nvml.refused = refused
    meter = guard.call("energy", lambda: gpu_meter(nvml, [gpu.uuid.removeprefix("GPU-")]), EnergyMeter())
    energy = EnergyProbe(meter, guard)
    device = guard.call("the device", lambda: DeviceReadings(NvmlGpu(nvml, gpu, 0), energy.look, 0.0005), None)
    probes = Probes(ProcessMemory(), energy, guard, device)
    energy.start()
    nvml.refused = refused
    time.sleep(0.002)
    assert probes.read()["rss_bytes"]
    energy.stop()
    probes.close()
    figures = energy.figures(10)
    assert (figures["energy_joules"] is None) == (figures["energy_source"] == "")
    return said
