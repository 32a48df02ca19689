"""Gauges say what was read, what it is part of, and why something is missing; their past has gaps where it was not."""

from __future__ import annotations

import msgspec

from gpulab.analysis.numerals import NONE
from gpulab.hardware.monitor import Monitor
from gpulab.hardware.readings import NOT_SUPPORTED, SECOND_LOOK, GpuReading, HostReading
from gpulab.viewmodels.hardware.gauges import Gauge, gpu_gauges, host_gauges
from gpulab.viewmodels.hardware.history import SPAN_S, History
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
    assert gauges["clock"].severity == "warning", "its clock is held down by the power limit"


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
    assert points[-1] == (0.0, 199.0)
    assert points[0][0] == -SPAN_S
    assert (-49.0, None) in points
    assert past.of(0, "cpu") == []


def test_a_clock_that_was_set_back_begins_anew() -> None:
    past = History()
    past.take(1000.0, "host", gauge(1.0))
    past.take(10.0, "host", gauge(2.0))
    assert past.of("host", "cpu") == [(0.0, 2.0)]
