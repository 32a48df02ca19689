"""What the machine does at this moment, once or again and again."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from gpulab.analysis.numerals import si
from gpulab.cli.output import give, give_json, size, tell
from gpulab.cli.watching import interruptions
from gpulab.hardware.monitor import MOST_HZ, RATE_HZ, Monitor
from gpulab.hardware.readings import GpuReading, HostReading, Reading
from gpulab.spec.problem import Problem, refuse
from gpulab.words import explain, sentence

_BETWEEN_S = 0.25
"""How busy a processor is takes two looks, so long apart."""

_LEAST_HZ = 0.01
_MOST_PROCESSES = 8
_CLEAR = "\x1b[H\x1b[J"

_LABELS = {
    "cpu_percent": "busy",
    "swap_used_bytes": "swap",
    "clock_mhz": "clock",
    "load_1": "load",
    "busy_percent": "busy",
    "memory_used_bytes": "memory",
    "power_w": "power",
    "power_limit_w": "power limit",
    "temperature_c": "temperature",
    "sm_clock_mhz": "clock",
    "sm_clock_max_mhz": "highest clock",
    "memory_clock_mhz": "memory clock",
    "throttle": "why it is slowed down",
    "pcie_sent_bytes_per_s": "PCIe",
    "processes": "processes",
    "energy_j": "energy",
}


def add_verbs(verbs: Any) -> None:
    verb = verbs.add_parser("hardware", help="tell what processor, memory and GPUs do at this moment")
    verb.add_argument("--watch", action="store_true", help="again and again, until Ctrl+C")
    verb.add_argument("--rate", type=float, metavar="HZ", help=f"with --watch: looks a second (default {RATE_HZ:g})")
    verb.add_argument("--json", action="store_true", help="print one object; with --watch one a line")
    verb.set_defaults(do=_hardware)


def _hardware(options: argparse.Namespace) -> int:
    rate = RATE_HZ if options.rate is None else options.rate
    if not _LEAST_HZ <= rate <= MOST_HZ:
        raise refuse("out_of_range", "--rate", value=rate, low=_LEAST_HZ, high=MOST_HZ)
    monitor = Monitor()
    try:
        looks = _again_and_again(monitor, 1.0 / rate) if options.watch else _once(monitor)
        for reading in looks:
            if options.json:
                give_json(_plain(reading))
            elif options.watch and sys.stdout.isatty():
                give(_CLEAR + in_words(reading))
            else:
                give(in_words(reading) + ("\n" if options.watch else ""))
    finally:
        monitor.close()
    return 0


def _once(monitor: Monitor) -> Iterator[Reading]:
    """One reading in which nothing waits for a second look."""
    said: list[Problem] = []
    reading = monitor.read()
    time.sleep(_BETWEEN_S)
    for _ in range(max(1, len(reading.gpus))):
        said += reading.notices
        reading = monitor.read()
    yield msgspec.structs.replace(reading, notices=(*said, *reading.notices))


def _again_and_again(monitor: Monitor, period_s: float) -> Iterator[Reading]:
    over: list[int] = []
    with interruptions(lambda times: lambda: over.append(times)) as tick:
        due = time.monotonic() + _BETWEEN_S
        while not over:
            if time.monotonic() >= due:
                due = max(due + period_s, time.monotonic())
                yield monitor.read()
            time.sleep(min(0.05, period_s / 2.0))
            tick()
    tell("")


def _plain(reading: Reading) -> dict[str, Any]:
    notices = [{"key": one.key, "arguments": dict(one.arguments), "sentence": explain(one)} for one in reading.notices]
    return {**msgspec.to_builtins(reading), "notices": notices}


def in_words(reading: Reading) -> str:
    """A reading as a person reads it at a terminal."""
    lines = [*_of_host(reading.host), *(line for gpu in reading.gpus for line in _of_gpu(gpu))]
    return "\n".join([*lines, *(explain(notice) for notice in reading.notices)])


def _of_host(host: HostReading) -> Iterator[str]:
    yield "Processor"
    yield _row("busy", _with("{:.0f} %", host.cpu_percent), _cores(host.per_core_percent))
    yield _row("memory", _of(host.memory_used_bytes, host.memory_total_bytes))
    yield _row("swap", _of(host.swap_used_bytes, host.swap_total_bytes))
    yield _row("clock", _with("{:,.0f} MHz", host.clock_mhz))
    yield _row("temperature", _with("{:.0f} °C", host.temperature_c))
    yield _row("load", _with("{:.2f}", host.load_1))
    yield from _untold(host.missing)


def _of_gpu(gpu: GpuReading) -> Iterator[str]:
    yield f"GPU {gpu.index}: {gpu.name}"
    if gpu.gone:
        yield f"  {sentence('reading_gone', {})}"
        return
    slowed = None if gpu.throttle is None else ", ".join(sentence(key, {}) for key in gpu.throttle) or "no"
    yield _row("busy", _with("{:.0f} %", gpu.busy_percent))
    yield _row("memory", _of(gpu.memory_used_bytes, gpu.memory_total_bytes))
    yield _row("power", _with("{:.0f} W", gpu.power_w), _with("limit {:.0f} W", gpu.power_limit_w))
    yield _row("temperature", _with("{:.0f} °C", gpu.temperature_c))
    yield _row("clock", _with("{:,} MHz", gpu.sm_clock_mhz), _with("at most {:,} MHz", gpu.sm_clock_max_mhz))
    yield _row("memory clock", _with("{:,} MHz", gpu.memory_clock_mhz))
    yield _row("slowed down", slowed)
    sent, received = (_rate(one) for one in (gpu.pcie_sent_bytes_per_s, gpu.pcie_received_bytes_per_s))
    yield _row("PCIe", _with("{} sent", sent), _with("{} received", received))
    yield _row(
        "energy", _with("{} since its driver was loaded", None if gpu.energy_j is None else si(gpu.energy_j, "J"))
    )
    yield from _processes(gpu)
    yield from _untold(gpu.missing)


def _processes(gpu: GpuReading) -> Iterator[str]:
    found = gpu.processes or ()
    yield _row("processes", None if gpu.processes is None else str(len(found)))
    for one in found[:_MOST_PROCESSES]:
        yield f"    {one.pid:>8}  {size(one.memory_bytes):>9}  {one.name}".rstrip()
    if len(found) > _MOST_PROCESSES:
        yield f"    and {len(found) - _MOST_PROCESSES} more"


def _untold(missing: Mapping[str, str]) -> Iterator[str]:
    """Why figures are missing: a line for each reason."""
    reasons: dict[str, list[str]] = {}
    for figure, why in missing.items():
        if figure in _LABELS:
            reasons.setdefault(why, []).append(_LABELS[figure])
    for why, figures in reasons.items():
        yield f"  ({', '.join(figures)}: {sentence(why, {})})"


def _row(label: str, *values: str | None) -> str:
    told = [value for value in values if value is not None]
    return f"  {label:<13}{', '.join(told) or '-'}"


def _with(template: str, value: object) -> str | None:
    return None if value is None else template.format(value)


def _of(used: int | None, total: int | None) -> str | None:
    return None if used is None else f"{size(used)} of {size(total)}"


def _cores(percents: tuple[float, ...]) -> str | None:
    """How busy each core is, the busiest first."""
    if not percents:
        return None
    busiest = sorted(percents, reverse=True)[:_MOST_PROCESSES]
    more = " ..." if len(percents) > len(busiest) else ""
    return f"{len(percents)} cores: {' '.join(f'{one:.0f}' for one in busiest)}{more}"


def _rate(bytes_per_s: float | None) -> str | None:
    return None if bytes_per_s is None else si(bytes_per_s, "B/s")
