"""Energy is added up from counters that begin anew and from power that changes, and only while it is asked for."""

from __future__ import annotations

from pathlib import Path

import pynvml
import pytest

from gpulab.hardware.energy import Counter, EnergyMeter, Integral, gpu_meter, processor_meter
from tests.hardware.nvml_recorded import LOST, NOT_SUPPORTED, RecordedNvml, divided_h100, guarded, h100, old_geforce


def bare(uuid: str) -> str:
    return uuid.partition("-")[2]


def zone(root: Path, name: str, label: str, energy_uj: int, span_uj: int = 10_000_000) -> Path:
    folder = root / name
    folder.mkdir()
    (folder / "name").write_text(f"{label}\n", encoding="ascii")
    (folder / "max_energy_range_uj").write_text(f"{span_uj}\n", encoding="ascii")
    (folder / "energy_uj").write_text(f"{energy_uj}\n", encoding="ascii")
    return folder / "energy_uj"


def test_only_what_is_drawn_while_started_counts() -> None:
    told = [100.0]
    meter = EnergyMeter([Counter(lambda: told[0])], "gpu_counter")
    assert meter.joules == 0.0
    told[0] = 130.0
    meter.start()
    told[0] = 135.0
    assert meter.joules == 5.0
    meter.stop()
    told[0] = 200.0
    assert meter.joules == 5.0
    meter.start()
    told[0] = 201.0
    meter.start()
    meter.stop()
    assert meter.joules == 6.0


def test_a_counter_that_begins_anew_loses_nothing() -> None:
    told = [90.0]
    counter = Counter(lambda: told[0], span_j=100.0)
    assert counter.added_j() == 0.0
    told[0] = 5.0
    assert counter.added_j() == pytest.approx(15.0)


def test_a_counter_whose_driver_was_loaded_again_counts_from_zero() -> None:
    told = [90.0]
    counter = Counter(lambda: told[0])
    counter.added_j()
    told[0] = 5.0
    assert counter.added_j() == 5.0


def test_power_is_added_up_over_time() -> None:
    now = [0.0]
    source = Integral(lambda: 100.0 + 20.0 * now[0], clock=lambda: now[0])
    assert source.added_j() == 0.0
    total = 0.0
    for now[0] in (0.5, 1.0, 3.0):
        total += source.added_j()
    assert total == pytest.approx(100.0 * 3.0 + 20.0 * 3.0**2 / 2.0)


def test_a_gpu_s_own_counter_comes_first() -> None:
    gpu = h100()
    meter = gpu_meter(RecordedNvml(gpu), [bare(gpu.uuid)])
    assert meter.source == "gpu_counter"
    meter.start()
    gpu.answers["GetTotalEnergyConsumption"] += 1_500_000
    meter.stop()
    assert meter.joules == 1500.0


def test_without_a_counter_power_is_added_up() -> None:
    gpu = h100(GetTotalEnergyConsumption=NOT_SUPPORTED, GetPowerUsage=250_000)
    now = [10.0]
    meter = gpu_meter(RecordedNvml(gpu), [bare(gpu.uuid)], lambda: now[0])
    assert meter.source == "gpu_power"
    meter.start()
    now[0] = 14.0
    meter.stop()
    assert meter.joules == pytest.approx(1000.0)


def test_several_gpus_are_added_and_measured_in_one_way() -> None:
    both = [h100(0), h100(1)]
    meter = gpu_meter(RecordedNvml(*both), [bare(gpu.uuid) for gpu in both])
    meter.start()
    for gpu in both:
        gpu.answers["GetTotalEnergyConsumption"] += 1000
    assert meter.joules == pytest.approx(2.0)
    both[1].answers["GetTotalEnergyConsumption"] = NOT_SUPPORTED
    assert gpu_meter(RecordedNvml(*both), [bare(gpu.uuid) for gpu in both]).source == "gpu_power"


def test_what_cannot_be_told_is_none() -> None:
    board = divided_h100()
    for nvml, uuid in (
        (RecordedNvml(old_geforce()), old_geforce().uuid),
        (RecordedNvml(guarded()), guarded().uuid),
        (RecordedNvml(board), board.slices[0].uuid),
        (RecordedNvml(), "GPU-nobody"),
    ):
        meter = gpu_meter(nvml, [bare(uuid)])
        meter.start()
        meter.stop()
        assert (meter.source, meter.joules) == ("", None)


def test_a_gpu_lost_midway_is_an_error_to_who_asks() -> None:
    gpu = h100()
    meter = gpu_meter(RecordedNvml(gpu), [bare(gpu.uuid)])
    meter.start()
    gpu.answers["GetTotalEnergyConsumption"] = LOST
    with pytest.raises(pynvml.NVMLError_GpuIsLost):
        meter.look()


def test_packages_and_memory_are_added_and_their_parts_are_not(tmp_path: Path) -> None:
    first = zone(tmp_path, "intel-rapl:0", "package-0", 9_000_000)
    zone(tmp_path, "intel-rapl:0:0", "core", 1)
    memory = zone(tmp_path, "intel-rapl:0:1", "dram", 0)
    zone(tmp_path, "intel-rapl:1", "psys", 1)
    zone(tmp_path, "intel-rapl-mmio:0", "package-0", 1)
    meter = processor_meter(tmp_path)
    assert meter.source == "processor_counter"
    meter.start()
    first.write_text("1000000\n", encoding="ascii")  # it has begun anew at 10 J
    memory.write_text("500000\n", encoding="ascii")
    meter.stop()
    assert meter.joules == pytest.approx(2.0 + 0.5)


@pytest.mark.parametrize("refused", ["nothing there", "not readable", "damaged"])
def test_a_processor_that_does_not_tell_has_no_energy(tmp_path: Path, refused: str) -> None:
    if refused != "nothing there":
        energy = zone(tmp_path, "intel-rapl:0", "package-0", 5)
        energy.unlink()
        if refused == "not readable":
            energy.mkdir()  # reading it fails for root too
        else:
            energy.write_text("???", encoding="ascii")
    meter = processor_meter(tmp_path)
    assert (meter.source, meter.joules) == ("", None)
