"""Gauges say what was read, what it is part of, and why something is missing; their past has gaps where it was not."""

from __future__ import annotations

import msgspec

from gpulab.analysis.numerals import NONE
from gpulab.hardware.energy import EnergySource
from gpulab.hardware.monitor import Monitor
from gpulab.hardware.readings import NOT_SUPPORTED, SECOND_LOOK, GpuReading, HostReading, Reading
from gpulab.spec.problem import Problem
from gpulab.viewmodels.hardware.energy import Drawn
from gpulab.viewmodels.hardware.gauges import Gauge, gpu_gauges, host_gauges
from gpulab.viewmodels.hardware.history import SPAN_S, History
from gpulab.viewmodels.hardware.remarks import Remarks
from tests.hardware.nvml_recorded import RecordedNvml, h100, old_geforce


def named(gauges: tuple[Gauge, ...]) -> dict[str, Gauge]:
    return {gauge.key: gauge for gauge in gauges}


def read(*gpus: object) -> tuple[GpuReading, ...]:
    monitor = Monitor(nvml=RecordedNvml(*gpus))  # type: ignore[arg-type]
    monitor.read()
    reading = monitor.read()
    monitor.close()
    return reading.gpus


def test_a_gpu_that_tells_everything_has_a_figure_on_every_gauge() -> None:
    gauges = named(gpu_gauges(read(h100())[0]))
    assert all(gauge.value is not None and not gauge.why for gauge in gauges.values())
    assert gauges["power"].figure == "698 W"
    assert (gauges["power"].of, gauges["power"].top) == ("700 W", 700.0)
    assert gauges["clock"].severity == "info", "a power limit is how a busy GPU is meant to run"
    hot = msgspec.structs.replace(read(h100())[0], throttle=("throttle_heat",))
    assert named(gpu_gauges(hot))["clock"].severity == "warning"


def test_a_gauge_without_a_figure_says_why() -> None:
    power = named(gpu_gauges(read(old_geforce())[0]))["power"]
    assert (power.value, power.figure, power.why) == (None, NONE, NOT_SUPPORTED)


def test_the_first_look_has_no_share_of_the_processor_yet() -> None:
    cpu = named(host_gauges(HostReading(missing={"cpu_percent": SECOND_LOOK})))["cpu"]
    assert cpu.why == SECOND_LOOK


def test_memory_that_is_nearly_full_is_a_warning_and_swap_shows_only_where_there_is_some() -> None:
    host = HostReading(memory_used_bytes=97, memory_total_bytes=100, swap_used_bytes=0, swap_total_bytes=0)
    gauges = named(host_gauges(host))
    assert gauges["memory"].severity == "warning"
    assert "swap" not in gauges
    with_swap = msgspec.structs.replace(host, memory_used_bytes=50, swap_total_bytes=100)
    assert named(host_gauges(with_swap))["memory"].severity == ""
    assert "swap" in named(host_gauges(with_swap))


def gauge(value: float | None) -> list[Gauge]:
    return [Gauge("cpu", "", "", value, "")]


def test_the_past_reaches_back_a_span_and_keeps_its_gaps() -> None:
    past = History()
    for second in range(200):
        past.take(1000.0 + second, "host", gauge(None if second == 150 else float(second)))
    points = past.of("host", "cpu")
    assert points[-1] == (1199.0, 199.0, "")
    assert points[0][0] == 1199.0 - SPAN_S
    assert (1150.0, None, "") in points
    assert not past.of(0, "cpu")


def test_a_clock_that_was_set_back_begins_anew() -> None:
    past = History()
    past.take(1000.0, "host", gauge(1.0))
    past.take(10.0, "host", gauge(2.0))
    assert past.of("host", "cpu") == ((10.0, 2.0, ""),)


def test_ten_looks_a_second_leave_few_points_and_always_the_newest() -> None:
    past = History()
    for look in range(1, 1201):
        past.take(look / 10, "host", gauge(float(look)))
        assert past.of("host", "cpu")[-1][1] == look
    assert len(past.of("host", "cpu")) <= 2 + SPAN_S / 0.4


def test_a_time_in_which_nobody_looked_is_a_gap() -> None:
    past = History()
    past.take(10.0, "host", gauge(1.0))
    past.take(40.0, "host", gauge(2.0))
    assert [value for _, value, _ in past.of("host", "cpu")] == [1.0, None, 2.0]


def test_cores_show_the_busiest_one() -> None:
    cores = named(host_gauges(HostReading(per_core_percent=(3.0, 99.6, 0.0))))["cores"]
    assert (cores.figure, cores.of, cores.parts) == ("100 %", "3", (3.0, 99.6, 0.0))


def test_power_is_added_up_and_what_nobody_read_is_not() -> None:
    drawn = Drawn()
    for at, watts in ((0.0, 100.0), (1.0, 100.0), (2.0, 200.0), (3.0, None), (60.0, 200.0), (61.0, 200.0)):
        drawn.take(at, "gpu_power", watts)
    assert drawn.joules == 100.0 + 150.0 + 200.0
    drawn.zero()
    drawn.take(70.0, "gpu_power", 200.0)
    drawn.take(71.0, "gpu_power", 200.0)
    told = drawn.gauge()
    assert (told.figure, told.during_s, told.aside) == ("200 J", 1.0, Problem("energy_added_up"))


def test_a_gpus_counter_goes_on_while_nobody_looks_and_another_begins_anew() -> None:
    gpu, processor = Drawn(), Drawn()
    counted: tuple[tuple[Drawn, EnergySource], ...] = ((gpu, "gpu_counter"), (processor, "processor_counter"))
    for drawn, source in counted:
        drawn.take(0.0, source, 50.0)
        drawn.take(1.0, source, 80.0)
        drawn.rest()
    gpu.take(100.0, "gpu_counter", 1080.0)
    processor.take(100.0, "processor_counter", 0.0)
    assert (gpu.joules, processor.joules) == (1030.0, 0.0)
    assert Drawn().gauge(NOT_SUPPORTED).why == NOT_SUPPORTED


def test_remarks_stand_until_they_are_over_the_gravest_first() -> None:
    remarks = Remarks()
    gone, back = (Problem(key, "", {"index": 0, "name": "A"}) for key in ("gpu_gone", "gpu_back"))
    short = HostReading(memory_used_bytes=99, memory_total_bytes=100)
    told = remarks.take(Reading(0.0, short, (), (Problem("memory_short", "", {"percent": 99}), gone)))
    assert [severity for severity, _ in told] == ["danger", "warning"]
    told = remarks.take(Reading(1.0, HostReading(memory_used_bytes=9, memory_total_bytes=100), (), (back,)))
    assert told == (("good", back),)
