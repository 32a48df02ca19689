"""One look at the machine as gauges: a large figure, what it is part of, how full it is, and why one is missing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Literal

import msgspec

from gpulab.analysis.numerals import NONE, si
from gpulab.hardware.nvml import HELD_BACK
from gpulab.hardware.readings import SECOND_LOOK, GpuReading, HostReading
from gpulab.spec.problem import Problem

Place = Literal["host"] | int
"""The machine around the GPUs, or a GPU by its index."""

_HOT_C = 90.0
_SHORT_SHARE = 0.95


class Gauge(msgspec.Struct, frozen=True):
    """`value` in the unit of its figure, None where there is none and `why` says so by its key.

    `top` is what the scale ends at, 0 where nobody knows: then the largest value seen. `of` is the amount that the
    figure is a part of, `beside` another figure of the same thing, `during_s` how long it was counted for, `aside` a
    remark; `label` and `help` are in English.
    `parts` are what the figure is made of, each in percent. `severity` is that of a message, empty where all is well.
    """

    key: str
    label: str
    help: str
    value: float | None
    figure: str
    top: float = 0.0
    of: str = ""
    beside: str = ""
    during_s: float | None = None
    aside: Problem | None = None
    parts: tuple[float, ...] = ()
    why: str = ""
    severity: str = ""

    @property
    def pending(self) -> bool:
        """Whether the figure is only not there yet."""
        return self.why == SECOND_LOOK


def host_gauges(host: HostReading) -> tuple[Gauge, ...]:
    """Processor, its cores, memory and, where there is any, swap; temperature and clock where the system tells them."""
    percent, missing = host.cpu_percent, host.missing
    clock = f"{host.clock_mhz / 1000:.2f} GHz" if host.clock_mhz else ""
    gauges = [
        Gauge(
            "cpu",
            "Processor",
            "How much of the time its cores compute, whoever they work for.",
            percent,
            _percent(percent),
            100.0,
            beside=clock,
            aside=None if host.load_1 is None else Problem("load", "", {"load": f"{host.load_1:.1f}"}),
            why=_why(missing, "cpu_percent", percent),
        ),
        _cores(host),
        _filled(
            "memory",
            "Memory",
            "What programs hold of the machine's memory. Near its end the system swaps, then ends programs.",
            host.memory_used_bytes,
            host.memory_total_bytes,
            missing.get("memory_used_bytes", ""),
        ),
    ]
    if host.swap_total_bytes:
        gauges.append(
            _filled(
                "swap",
                "Swap",
                "Memory that was moved to the disk, which is a thousand times slower.",
                host.swap_used_bytes,
                host.swap_total_bytes,
                "",
                short=2.0,
            )
        )
    if host.temperature_c is not None:
        gauges.append(_temperature(host.temperature_c, ""))
    return tuple(gauges)


def gpu_gauges(gpu: GpuReading) -> tuple[Gauge, ...]:
    """What a GPU tells. Busy alone misleads, so that power and clock stand right beside it."""
    missing, held = gpu.missing, gpu.throttle or ()
    busy, power, clock = gpu.busy_percent, gpu.power_w, gpu.sm_clock_mhz
    return (
        Gauge(
            "busy",
            "Busy",
            "Share of time in which any kernel ran, however small: 100 % does not mean that it worked hard. Power and "
            "clock tell more.",
            busy,
            _percent(busy),
            100.0,
            why=_why(missing, "busy_percent", busy),
        ),
        Gauge(
            "power",
            "Power",
            "What the whole board draws. Hard work draws much; waiting for data draws little.",
            power,
            _said(power, lambda value: f"{value:.0f} W"),
            gpu.power_limit_w or 0.0,
            f"{gpu.power_limit_w:.0f} W" if gpu.power_limit_w else "",
            why=_why(missing, "power_w", power),
        ),
        Gauge(
            "clock",
            "Clock",
            "How fast its cores tick. Heat or a power limit holds it down.",
            None if clock is None else float(clock),
            _said(clock, lambda value: f"{value:.0f} MHz"),
            float(gpu.sm_clock_max_mhz or 0),
            f"{gpu.sm_clock_max_mhz} MHz" if gpu.sm_clock_max_mhz else "",
            aside=Problem(held[0]) if held else None,
            why=_why(missing, "sm_clock_mhz", clock),
            severity=throttle_severity(held),
        ),
        _filled(
            "memory",
            "Memory",
            "What all programs together hold of it, PyTorch's own store included.",
            gpu.memory_used_bytes,
            gpu.memory_total_bytes,
            _why(missing, "memory_used_bytes", gpu.memory_used_bytes),
        ),
        _temperature(gpu.temperature_c, _why(missing, "temperature_c", gpu.temperature_c)),
        _traffic("sent", "To the host", gpu.pcie_sent_bytes_per_s, missing.get("pcie_sent_bytes_per_s", "")),
        _traffic(
            "received", "From the host", gpu.pcie_received_bytes_per_s, missing.get("pcie_received_bytes_per_s", "")
        ),
    )


def throttle_severity(reasons: Collection[str]) -> str:
    """How loud to be about what holds a clock down: a power limit is how a busy GPU is meant to run."""
    if not reasons:
        return ""
    return "info" if HELD_BACK.isdisjoint(reasons) else "warning"


def _cores(host: HostReading) -> Gauge:
    """A program that computes in one thread shows here, where their mean hides it."""
    cores = host.per_core_percent
    busiest = max(cores, default=None)
    return Gauge(
        "cores",
        "Busiest core",
        "A bar for each core. One full bar among empty ones is a program that waits for a single thread.",
        busiest,
        _percent(busiest),
        100.0,
        f"{len(cores)}" if cores else "",
        parts=cores,
        why=_why(host.missing, "per_core_percent", busiest),
    )


def _filled(
    key: str, label: str, help: str, used: int | None, total: int | None, why: str, short: float = _SHORT_SHARE
) -> Gauge:
    full = used is not None and bool(total) and used >= short * (total or 0)
    return Gauge(
        key,
        label,
        help,
        None if used is None else float(used),
        _said(used, lambda value: si(value, "B")),
        float(total or 0),
        si(total, "B") if total else "",
        why=why if used is None else "",
        severity="warning" if full else "",
    )


def _temperature(celsius: float | None, why: str) -> Gauge:
    hot = celsius is not None and celsius >= _HOT_C
    figure = _said(celsius, lambda value: f"{value:.0f} °C")
    tip = "Beyond a limit of its own it slows down."
    return Gauge("temperature", "Temperature", tip, celsius, figure, 100.0, why=why, severity="warning" if hot else "")


def _traffic(key: str, label: str, rate: float | None, why: str) -> Gauge:
    tip = "Traffic over PCIe. A GPU that waits for its data shows much here and little power."
    return Gauge(key, label, tip, rate, _said(rate, lambda value: si(value, "B/s")), why=why if rate is None else "")


def _percent(value: float | None) -> str:
    return _said(value, lambda known: f"{known:.0f} %")


def _said(value: float | None, write: Callable[[float], str]) -> str:
    return NONE if value is None else write(float(value))


def _why(missing: Mapping[str, str], field: str, value: float | None) -> str:
    """Why there is no figure; a rate that takes two looks is simply not there yet."""
    if value is not None:
        return ""
    return missing.get(field, SECOND_LOOK)
