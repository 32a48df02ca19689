"""Live readings from recorded answers: whatever a driver refuses costs that figure alone, and is told once."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pynvml
import pytest

from gpulab.hardware import free
from gpulab.hardware.free import memory_limit_bytes
from gpulab.hardware.host import Host
from gpulab.hardware.monitor import MOST_HZ, RATE_HZ, Monitor
from gpulab.hardware.nvml import HELD_BACK, throttle_reasons
from gpulab.hardware.readings import FIGURES, REASONS, THROTTLE, GpuReading, Reading
from gpulab.words import explain, sentences
from tests.hardware.nvml_recorded import (
    GIB,
    NO_MEMORY,
    UNKNOWN,
    RecordedNvml,
    Refusal,
    divided_h100,
    guarded,
    h100,
    old_geforce,
)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _all_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def keys(reading: Reading) -> list[str]:
    return [notice.key for notice in reading.notices]


def one(nvml: RecordedNvml) -> GpuReading:
    (gpu,) = Monitor(nvml).read().gpus
    return gpu


def test_a_gpu_that_tells_everything_is_read_whole() -> None:
    gpu = one(RecordedNvml(h100()))
    assert gpu.missing == {}
    assert all(getattr(gpu, figure) is not None for figure in FIGURES)
    assert (gpu.power_w, gpu.power_limit_w, gpu.energy_j) == (698.412, 700.0, 5000.0)
    assert (gpu.memory_used_bytes, gpu.memory_total_bytes) == (30 * GIB, 80 * GIB)
    assert (gpu.sm_clock_mhz, gpu.sm_clock_max_mhz, gpu.memory_clock_mhz, gpu.temperature_c) == (1755, 1980, 2619, 64)
    assert (gpu.pcie_sent_bytes_per_s, gpu.pcie_received_bytes_per_s) == (51e6, 402e6)
    assert gpu.throttle == ("throttle_power_limit",)
    assert gpu.processes
    assert [(one.pid, one.name) for one in gpu.processes] == [(os.getpid(), "python3.11"), (4_000_000, "")]


def test_an_old_gpu_tells_what_it_can() -> None:
    gpu = one(RecordedNvml(old_geforce()))
    assert (gpu.busy_percent, gpu.temperature_c, gpu.sm_clock_mhz) == (12.0, 51.0, 1058)
    unsupported = {figure for figure, why in gpu.missing.items() if why == "reading_not_supported"}
    assert unsupported == set(gpu.missing)
    assert unsupported == {
        *("power_w", "power_limit_w", "energy_j", "throttle", "sm_clock_max_mhz"),
        *("pcie_sent_bytes_per_s", "pcie_received_bytes_per_s"),
    }
    assert gpu.processes
    assert gpu.processes[0].memory_bytes is None


def test_what_is_never_told_is_asked_once() -> None:
    gpu = old_geforce()
    monitor = Monitor(RecordedNvml(gpu))
    for _ in range(3):
        monitor.read()
    assert (gpu.asked.count("GetPowerUsage"), gpu.asked.count("GetUtilizationRates")) == (1, 3)


def test_what_is_not_permitted_says_so() -> None:
    gpu = one(RecordedNvml(guarded()))
    assert set(gpu.missing.values()) == {"reading_no_permission"}
    assert set(gpu.missing) == {"power_w", "energy_j", "throttle", "processes"}
    assert gpu.busy_percent == 97.0


@pytest.mark.parametrize(("refusal", "why"), [(UNKNOWN, "reading_no_answer"), (NO_MEMORY, "reading_no_memory")])
def test_what_fails_for_a_moment_is_asked_again(refusal: Refusal, why: str) -> None:
    gpu = h100(GetPowerUsage=refusal)
    monitor = Monitor(RecordedNvml(gpu))
    assert monitor.read().gpus[0].missing == {"power_w": why}
    gpu.answers["GetPowerUsage"] = 100_000
    again = monitor.read().gpus[0]
    assert (again.power_w, again.missing) == (100.0, {})


def test_a_divided_gpu_is_its_slices() -> None:
    small, large, whole = Monitor(RecordedNvml(divided_h100(), h100(3))).read().gpus
    assert (small.index, large.index, whole.index) == (0, 1, 2)
    assert small.uuid.startswith("MIG-")
    assert (small.memory_total_bytes, large.memory_total_bytes) == (10 * GIB, 40 * GIB)
    assert small.temperature_c == 64.0
    assert small.missing["busy_percent"] == "reading_not_supported"
    assert {small.missing[figure] for figure in ("power_w", "energy_j", "pcie_sent_bytes_per_s")} == {
        "reading_of_whole_gpu"
    }


def test_a_slice_may_be_all_that_is_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    board = divided_h100()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", board.slices[1].uuid)
    gpu = one(RecordedNvml(board))
    assert (gpu.index, gpu.memory_total_bytes) == (0, 40 * GIB)


def test_a_gpu_that_vanishes_stays_listed_is_told_once_and_may_return() -> None:
    first, second = h100(0), h100(1)
    clock = Clock()
    monitor = Monitor(RecordedNvml(first, second), clock=clock)
    assert keys(monitor.read()) == []
    second.lost = True
    gone = monitor.read()
    assert [gpu.gone for gpu in gone.gpus] == [False, True]
    assert set(gone.gpus[1].missing) == set(FIGURES)
    assert keys(gone) == ["gpu_gone"]
    assert gone.notices[0].arguments == {"index": 1, "name": first.name}
    clock.now += 60.0
    later = monitor.read()
    assert (keys(later), [gpu.gone for gpu in later.gpus]) == ([], [False, True])
    assert later.gpus[0].power_w
    second.lost = False
    clock.now += 60.0
    back = monitor.read()
    assert (keys(back), [gpu.gone for gpu in back.gpus]) == (["gpu_back"], [False, False])
    second.lost = True
    assert keys(monitor.read()) == ["gpu_gone"], "the second time is news again"


def test_a_driver_that_goes_away_takes_all_gpus_and_brings_them_back() -> None:
    clock, nvml = Clock(), RecordedNvml(h100())
    monitor = Monitor(nvml, clock=clock)
    monitor.read()
    unloaded = Refusal(pynvml.NVML_ERROR_UNINITIALIZED)
    nvml.gpus[0].answers["GetUtilizationRates"], nvml.init = unloaded, Refusal(pynvml.NVML_ERROR_DRIVER_NOT_LOADED)
    assert keys(monitor.read()) == ["gpu_gone"]
    clock.now += 60.0
    assert keys(monitor.read()) == ["nvml_failed"]
    assert [gpu.gone for gpu in monitor.read().gpus] == [True]
    nvml.gpus[0].answers["GetUtilizationRates"], nvml.init = SimpleNamespace(gpu=3), None
    clock.now += 60.0
    back = monitor.read()
    assert (keys(back), back.gpus[0].busy_percent) == (["gpu_back"], 3.0)
    monitor.close()
    assert nvml.begun == 0


def test_a_gpu_that_is_dead_from_the_start_does_not_hide_the_others() -> None:
    dead = h100(0)
    dead.lost = True
    (gpu,) = Monitor(RecordedNvml(dead, h100(1))).read().gpus
    assert (gpu.index, gpu.power_w) == (1, 698.412)


@pytest.mark.parametrize(
    ("nvml", "present", "said"),
    [
        (None, False, "no_gpu_driver"),
        (RecordedNvml(init=Refusal(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)), True, "no_nvml"),
        (RecordedNvml(init=Refusal(pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH)), True, "nvml_failed"),
        (RecordedNvml(), True, "no_gpu_found"),
    ],
)
def test_without_a_gpu_the_processor_is_read_and_why_is_said_once(nvml: Any, present: bool, said: str) -> None:
    monitor = Monitor(nvml, present=lambda: present)
    first = monitor.read()
    assert (keys(first), first.gpus) == ([said], ())
    assert first.host.memory_total_bytes == pytest.approx(memory_limit_bytes())
    assert keys(monitor.read()) == []


def test_pcie_traffic_is_asked_of_one_gpu_a_look() -> None:
    gpus = [h100(0), h100(1)]
    monitor = Monitor(RecordedNvml(*gpus))
    first = monitor.read().gpus
    assert [gpu.pcie_sent_bytes_per_s for gpu in first] == [51e6, None]
    assert first[1].missing == dict.fromkeys(
        ("pcie_sent_bytes_per_s", "pcie_received_bytes_per_s"), "reading_second_look"
    )
    second = monitor.read().gpus
    assert [gpu.pcie_received_bytes_per_s for gpu in second] == [402e6, 402e6]
    assert [gpu.asked.count("GetPcieThroughput") for gpu in gpus] == [2, 2]


def test_idle_is_no_throttling_and_heat_is_unfair() -> None:
    nvml = RecordedNvml(h100(GetCurrentClocksThrottleReasons=pynvml.nvmlClocksThrottleReasonGpuIdle))
    assert throttle_reasons(nvml, nvml.gpus[0]) == ()
    both = pynvml.nvmlClocksThrottleReasonHwThermalSlowdown | pynvml.nvmlClocksThrottleReasonHwSlowdown
    nvml.gpus[0].answers["GetCurrentClocksThrottleReasons"] = both
    assert set(throttle_reasons(nvml, nvml.gpus[0])) == {"throttle_heat", "throttle_hardware"}
    assert set(THROTTLE) >= HELD_BACK


def test_every_key_has_a_sentence() -> None:
    said = ("no_gpu_driver", "no_nvml", "nvml_failed", "no_gpu_found", "gpu_gone", "gpu_back", "memory_short")
    assert {*REASONS, *THROTTLE, *said} <= set(sentences())


# --- the machine around them ----------------------------------------------------------------------------------------


class Psutil:
    """psutil's answers on a machine of two cores, the second of which runs guests."""

    def __init__(self) -> None:
        self.times = [(10.0, 90.0, 0.0, 0.0), (0.0, 100.0, 0.0, 0.0)]

    def cpu_times(self, percpu: bool) -> list[Any]:
        assert percpu
        core = SimpleNamespace
        return [_Times(core(user=user, idle=idle, iowait=wait, guest=guest)) for user, idle, wait, guest in self.times]

    def __getattr__(self, name: str) -> Any:
        return getattr(psutil, name)


class _Times(tuple[float, ...]):
    """Named figures that add up, as psutil's do."""

    def __new__(cls, named: SimpleNamespace) -> _Times:
        made = super().__new__(cls, vars(named).values())
        made.__dict__.update(vars(named))
        return made


def test_how_busy_the_cores_are_counts_from_look_to_look() -> None:
    told = Psutil()
    host = Host(told)
    assert host.read().missing["cpu_percent"] == "reading_second_look", "no time has passed"
    told.times = [
        (10.5, 90.0, 0.5, 0.0),
        (1.0, 100.0, 0.0, 1.0),
    ]  # half of a second waited for a disk; a guest's second
    reading = host.read()
    assert reading.per_core_percent == pytest.approx((50.0, 100.0))
    assert reading.cpu_percent == pytest.approx(75.0)
    told.times = told.times[:1]
    assert host.read().cpu_percent is None, "a core was switched off"


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (MemoryError(), "reading_no_memory"),
        (OSError(12, "Cannot allocate memory"), "reading_no_memory"),
        (PermissionError(13, "no"), "reading_no_permission"),
        (NotImplementedError(), "reading_not_supported"),
        (OSError(5, "Input/output error"), "reading_no_answer"),
    ],
)
def test_a_machine_in_need_tells_less(error: Exception, why: str) -> None:
    class Failing(Psutil):
        def swap_memory(self) -> Any:
            raise error

        def sensors_temperatures(self) -> Any:
            raise error

    reading = Host(Failing()).read()
    assert {reading.missing[figure] for figure in ("swap_used_bytes", "swap_total_bytes", "temperature_c")} == {why}
    assert reading.memory_used_bytes


def test_the_hottest_of_the_processor_s_sensors_counts() -> None:
    class Warm(Psutil):
        def sensors_temperatures(self) -> Any:
            hot = [SimpleNamespace(current=61.0), SimpleNamespace(current=66.5)]
            return {"nvme": [SimpleNamespace(current=80.0)], "coretemp": hot}

    assert Host(Warm()).read().temperature_c == 66.5


def test_a_container_s_allowance_is_its_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert memory_limit_bytes(tmp_path) == psutil.virtual_memory().total
    (tmp_path / "memory.max").write_text("max\n", encoding="ascii")
    assert memory_limit_bytes(tmp_path) == psutil.virtual_memory().total
    (tmp_path / "memory.max").write_text(f"{GIB}\n", encoding="ascii")
    assert memory_limit_bytes(tmp_path) == GIB


def test_short_memory_is_said_once_until_it_was_not_short(monkeypatch: pytest.MonkeyPatch) -> None:
    free_bytes = [0]
    monkeypatch.setattr("gpulab.hardware.host.free_memory_bytes", lambda: free_bytes[0])
    monitor = Monitor(RecordedNvml(h100()))
    first = monitor.read()
    assert keys(first) == ["memory_short"]
    assert "100 %" in explain(first.notices[0])
    assert keys(monitor.read()) == []
    free_bytes[0] = free.memory_limit_bytes()
    assert keys(monitor.read()) == []
    free_bytes[0] = 0
    assert keys(monitor.read()) == ["memory_short"]


def test_the_default_rate_is_below_the_highest() -> None:
    assert 0 < RATE_HZ < MOST_HZ
