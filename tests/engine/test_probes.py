"""Probes only read: losses stay as they are, a probe that fails is switched off, and energy survives a resume."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
import torch

from gpulab.engine.probes import besides
from gpulab.engine.probes.besides import Probes
from gpulab.engine.probes.device_readings import DeviceReadings
from gpulab.engine.probes.energy import EnergyProbe
from gpulab.engine.probes.guard import Guard
from gpulab.engine.probes.memory import ProcessMemory
from gpulab.engine.recorder import Recorder
from gpulab.events.documents import AnyDocument, Notice, Sample, SeriesDeclared
from gpulab.hardware.energy import Counter, EnergyMeter, processor_meter
from gpulab.hardware.nvml import NvmlGpu
from gpulab.words import sentence
from tests.engine.support import ended, losses, run, tiny
from tests.hardware.nvml_recorded import LOST, NOT_SUPPORTED, RecordedNvml, h100, old_geforce

CPU = torch.device("cpu")


def notices(documents: list[AnyDocument], key: str) -> list[Notice]:
    return [document for document in documents if isinstance(document, Notice) and document.key == key]


def told(documents: list[AnyDocument], key: str) -> list[float | None]:
    return [one.values[key] for one in documents if isinstance(one, Sample) and key in one.values]


def declared(documents: list[AnyDocument]) -> set[str]:
    return {document.key for document in documents if isinstance(document, SeriesDeclared)}


def counting(step_j: float = 1.0) -> EnergyMeter:
    """A meter whose counter is a joule further each time it is asked."""
    asked = iter(range(10**9))
    return EnergyMeter([Counter(lambda: step_j * next(asked))], "processor_counter")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks every millisecond, so that a training of a moment is looked at, and energy that is counted."""
    monkeypatch.setattr(besides, "processor_meter", counting)

    def often(gpu: NvmlGpu | None, look: Callable[[], object], processor: EnergyMeter | None = None) -> DeviceReadings:
        return DeviceReadings(gpu, look, 0.001, processor)

    monkeypatch.setattr(besides, "DeviceReadings", often)


def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves a training alone: nothing but memory is read."""

    def nothing(memory: Any, places: Any, leads: Any, guard: Guard, before_j: Any) -> Probes:
        return Probes(memory, EnergyProbe(EnergyMeter(), guard), guard)

    monkeypatch.setattr("gpulab.engine.training.all_probes", nothing)


@pytest.mark.usefixtures("quick")
def test_losses_are_the_same_with_and_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = run(tmp_path / "watched", tiny(tmp_path, steps=60))
    with monkeypatch.context() as patch:
        blind(patch)
        alone = run(tmp_path / "alone", tiny(tmp_path, steps=60))
    assert losses(watched) == losses(alone)
    assert declared(watched) - declared(alone) >= {"cpu_percent", "power_w"}
    busy = told(watched, "cpu_percent")
    assert busy
    assert all(value is not None and 0.0 <= value <= 100.0 for value in busy)
    assert told(alone, "cpu_percent") == []


@pytest.mark.usefixtures("quick")
def test_a_run_tells_what_it_drew_and_how_that_was_measured(tmp_path: Path) -> None:
    summary = ended(run(tmp_path / "run", tiny(tmp_path))).summary
    assert summary["energy_source"] == "processor_counter"
    assert summary["energy_joules"] > 0
    assert summary["joules_per_token"] == pytest.approx(summary["energy_joules"] / summary["tokens"])


def test_a_run_whose_energy_nobody_counts_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(besides, "processor_meter", EnergyMeter)
    documents = run(tmp_path / "run", tiny(tmp_path))
    summary = ended(documents).summary
    assert (summary["energy_joules"], summary["energy_source"], summary["joules_per_token"]) == (None, "", None)
    assert "power_w" not in declared(documents)


@pytest.mark.usefixtures("quick")
def test_a_resumed_run_counts_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "run"
    run(folder, tiny(tmp_path))
    shutil.rmtree(folder / "checkpoints/step-00000012")
    manifest = next((folder / "checkpoints/step-00000006").glob("*.json"))
    before = msgspec.json.decode(manifest.read_bytes())
    assert before["progress"]["joules"] > 0
    before["progress"]["joules"] = 1e6
    manifest.write_bytes(msgspec.json.encode(before))
    assert ended(run(folder, resume=True)).summary["energy_joules"] > 1e6
    shutil.rmtree(folder / "checkpoints/step-00000012")
    del before["progress"]["joules"]  # as in a checkpoint of before energy was measured
    manifest.write_bytes(msgspec.json.encode(before))
    assert ended(run(folder, resume=True)).summary["energy_joules"] is None


def _failing(*_: object) -> Any:
    raise RuntimeError("the sensor broke\nsecond line")


@pytest.mark.parametrize(
    ("target", "name", "probe"),
    [
        (ProcessMemory, "read", "memory"),
        (DeviceReadings, "_figures", "the device"),
        (EnergyMeter, "start", "energy"),
        (DeviceReadings, "read", "the device"),
    ],
)
@pytest.mark.usefixtures("quick")
def test_a_probe_that_raises_is_switched_off_and_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: type, name: str, probe: str
) -> None:
    whole = losses(run(tmp_path / "whole", tiny(tmp_path)))
    monkeypatch.setattr(target, name, _failing)
    documents = run(tmp_path / "run", tiny(tmp_path))
    assert ended(documents).status == "done"
    assert losses(documents) == whole
    said = [notice for notice in notices(documents, "probe_failed") if notice.arguments["probe"] == probe]
    assert [notice.arguments["error"] for notice in said] == ["RuntimeError: the sensor broke"]
    assert "switched off" in sentence("probe_failed", said[0].arguments)
    if probe == "memory":
        assert ended(documents).summary["peak_memory_bytes"] is None
    if probe == "energy":
        assert ended(documents).summary["energy_joules"] is None


@pytest.mark.parametrize(("target", "name"), [(ProcessMemory, "read"), (DeviceReadings, "read"), (EnergyMeter, "look")])
@pytest.mark.usefixtures("quick")
def test_a_probe_may_fail_at_its_third_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: type, name: str
) -> None:
    whole = losses(run(tmp_path / "whole", tiny(tmp_path, steps=60)))
    reads, real = iter(range(10**9)), getattr(target, name)

    def third(self: Any) -> Any:
        return real(self) if next(reads) < 2 else _failing()

    monkeypatch.setattr(target, name, third)
    documents = run(tmp_path / "run", tiny(tmp_path, steps=60))
    assert (ended(documents).status, losses(documents)) == ("done", whole)
    said = [notice.arguments["probe"] for notice in notices(documents, "probe_failed")]
    assert len(set(said)) == len(said) > 0


@pytest.mark.usefixtures("quick")
def test_no_thread_stays_behind(tmp_path: Path) -> None:
    run(tmp_path / "run", tiny(tmp_path))
    assert "device-readings" not in {thread.name for thread in threading.enumerate()}


# --- each probe on its own ------------------------------------------------------------------------------------------


class Nowhere:
    def append(self, documents: Any) -> None:
        list(documents)


def test_energy_is_counted_while_the_clock_of_the_training_runs() -> None:
    joules = [0.0]
    probe = EnergyProbe(EnergyMeter([Counter(lambda: joules[0])], "gpu_counter"), Guard(lambda notice: None))
    recorder = Recorder(Nowhere(), ProcessMemory(), 1, meter=probe)
    joules[0] += 3.0
    with recorder.not_training():
        joules[0] += 100.0
        with recorder.not_training():
            joules[0] += 100.0
    joules[0] += 4.0
    assert probe.joules == 7.0


def wait_for(device: DeviceReadings, until: Callable[[dict[str, float | None]], bool]) -> dict[str, float | None]:
    end = time.monotonic() + 5.0
    while time.monotonic() < end:
        if until(found := device.read()):
            return found
        time.sleep(0.005)
    raise AssertionError("nothing was read")


def test_a_gpu_s_figures_are_read_and_averaged() -> None:
    nvml = RecordedNvml(h100(GetCurrentClocksThrottleReasons=0x40))  # slowed down by its own heat
    device = DeviceReadings(NvmlGpu(nvml, nvml.gpus[0], 0), period_s=0.001)
    busy = iter([0, 100])
    nvml.gpus[0].answers["GetUtilizationRates"] = lambda: SimpleNamespace(gpu=next(busy))
    keys = ["cpu_percent", "gpu_busy_percent", "power_w", "temperature_c", "sm_clock_mhz", "throttled"]
    assert [series.key for series in device.series] == keys
    device.begin()
    device._thread.join(5.0)  # the third look finds no answer, and ends it
    with pytest.raises(StopIteration):
        device.read()
    device._error = None
    found = device.read()
    assert (found["gpu_busy_percent"], found["power_w"], found["sm_clock_mhz"]) == (50.0, 698.412, 1755.0)
    assert found["throttled"] == 1.0
    assert device.read() == {}
    device.close()


def test_a_gpu_without_power_declares_none() -> None:
    nvml = RecordedNvml(old_geforce())
    device = DeviceReadings(NvmlGpu(nvml, nvml.gpus[0], 0))
    assert {series.key for series in device.series} == {
        "cpu_percent",
        "gpu_busy_percent",
        "temperature_c",
        "sm_clock_mhz",
    }


def test_one_figure_refused_for_a_moment_is_a_gap(tmp_path: Path) -> None:
    nvml = RecordedNvml(h100())
    device = DeviceReadings(NvmlGpu(nvml, nvml.gpus[0], 0), period_s=0.001)
    nvml.gpus[0].answers["GetPowerUsage"] = NOT_SUPPORTED
    device.begin()
    found = wait_for(device, lambda found: "gpu_busy_percent" in found)
    device.close()
    assert "power_w" not in found


def test_a_gpu_lost_midway_ends_the_reading_of_it_alone() -> None:
    said: list[Notice] = []
    guard = Guard(said.append)
    nvml = RecordedNvml(h100())
    device = DeviceReadings(NvmlGpu(nvml, nvml.gpus[0], 0), period_s=0.001)
    probes = Probes(ProcessMemory(), EnergyProbe(EnergyMeter(), guard), guard, device)
    nvml.gpus[0].answers["GetUtilizationRates"] = LOST
    end = time.monotonic() + 5.0
    while not said and time.monotonic() < end:
        assert probes.read()["rss_bytes"]
    probes.close()
    assert [notice.arguments["probe"] for notice in said] == ["the device"]
    assert set(probes.read()) == {"rss_bytes"}


def test_the_processor_s_power_is_joules_over_time(tmp_path: Path) -> None:
    begun = time.monotonic()
    meter = EnergyMeter([Counter(lambda: 40.0 * (time.monotonic() - begun))], "processor_counter")
    device = DeviceReadings(processor=meter, period_s=0.02)
    device.begin()
    found = wait_for(device, lambda found: "power_w" in found)
    device.close()
    assert found["power_w"] == pytest.approx(40.0, rel=0.1)


def test_followers_of_a_team_read_their_memory_alone() -> None:
    probes = besides.all_probes(ProcessMemory(), [CPU], False, Guard(lambda notice: None), 0.0)
    assert set(probes.read()) == {"rss_bytes"}
    assert probes.energy.figures(10) == {"energy_joules": None, "energy_source": "", "joules_per_token": None}


def test_a_slow_driver_does_not_keep_a_training_from_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    device = DeviceReadings(besides=lambda: time.sleep(1.5), period_s=0.001, processor=processor_meter())
    device.begin()
    time.sleep(0.02)
    begun = time.monotonic()
    device.close()
    assert time.monotonic() - begun < 1.4
    device._thread.join()


def test_a_guard_lets_go_what_is_no_error_of_a_probe() -> None:
    guard = Guard(lambda notice: None)

    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        guard.call("memory", interrupted, None)
    assert guard.on("memory")
    assert guard.call("memory", lambda: 3, 0) == 3
    assert guard.call("memory", _failing, 0) == 0
    assert not guard.on("memory")
    assert guard.call("memory", lambda: 3, 0) == 0
    assert guard.call("energy", lambda: 3, 0) == 3
