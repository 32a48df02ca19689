"""The machine, read again and again: whatever is missing or goes away takes its own figures along, nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec

from gpulab.hardware.host import Host
from gpulab.hardware.nvidia import driver_present
from gpulab.hardware.nvml import TRAFFIC, Lost, NvmlGpu, find_gpus, refusals
from gpulab.hardware.readings import FIGURES, GONE, SECOND_LOOK, GpuReading, HostReading, Reading
from gpulab.spec.problem import Argument, Problem

RATE_HZ = 2.0
"""Looks a second, where nobody asks for more."""

MOST_HZ = 10.0
"""What the driver's own figures are worth asking for."""

_TRY_AGAIN_S = 10.0
"""How long to leave a driver or a GPU alone that did not answer."""

_SHORT_PERCENT = 95.0
"""Of memory: from here on the system begins to swap and to kill."""

_WITHOUT_TRAFFIC = tuple(figure for figure in FIGURES if figure not in TRAFFIC)


class Monitor:
    """Reads processor, memory and every GPU. Use one from one thread at a time, and `close` it.

    `nvml` is the module to ask, found by itself where there is a driver; `present` says whether there is one. A GPU
    that does not answer any more stays in the list, and is asked again now and then.
    """

    def __init__(
        self,
        nvml: Any = None,
        host: Host | None = None,
        present: Callable[[], bool] = driver_present,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._nvml, self._present, self._clock = nvml, present, clock
        self._host = host or Host(clock=clock)
        self._known: dict[str, GpuReading] = {}
        self._answering: dict[str, NvmlGpu] = {}
        self._gone: set[str] = set()
        self._traffic: dict[str, GpuReading] = {}
        self._begun, self._again_at, self._looks = False, -1.0, 0
        self._said: set[str] = set()
        self._notices: list[Problem] = []

    def read(self) -> Reading:
        """One look, about a millisecond and 40 more where a GPU tells PCIe traffic. Never raises for what it reads."""
        self._look_for_gpus()
        host = self._host.read()
        self._remark_memory(host)
        asked = list(self._answering)
        in_turn = asked[self._looks % len(asked)] if asked else ""
        gpus = tuple(self._read(known, in_turn) for known in self._known.values())
        self._looks += 1
        notices, self._notices = tuple(self._notices), []
        return Reading(time.time(), host, gpus, notices)

    def close(self) -> None:
        """Lets go of the driver."""
        self._answering = {}
        if self._begun:
            self._begun = False
            with suppress(self._nvml.NVMLError):
                self._nvml.nvmlShutdown()

    def _look_for_gpus(self) -> None:
        """Finds the GPUs at the first look, and again every few seconds while one is gone or the driver is silent."""
        if (self._begun and len(self._answering) == len(self._known)) or self._clock() < self._again_at:
            return
        self._again_at = self._clock() + _TRY_AGAIN_S
        if self._nvml is None:
            if not self._present():
                self._say_once("no_gpu_driver")
                return
            import pynvml

            self._nvml = pynvml
        self.close()  # a GPU comes back to those only who begin anew
        try:
            self._nvml.nvmlInit()
            self._begun = True
            self._answering = {gpu.uuid: gpu for gpu in find_gpus(self._nvml)}
        except refusals(self._nvml) as error:
            no_library = isinstance(error, self._nvml.NVMLError_LibraryNotFound)
            self._say_once("no_nvml") if no_library else self._say_once("nvml_failed", detail=str(error))
            return
        new = {uuid: GpuReading(gpu.index, gpu.name, uuid) for uuid, gpu in self._answering.items()}
        self._known = dict(sorted((self._known | new).items(), key=lambda item: item[1].index))
        if not self._known:
            self._say_once("no_gpu_found")

    def _read(self, known: GpuReading, in_turn: str) -> GpuReading:
        """What the GPU tells; PCIe traffic only where it is `in_turn`, else what it told the last time."""
        wanted = FIGURES if known.uuid == in_turn else _WITHOUT_TRAFFIC
        try:
            reading = self._answering[known.uuid].read(wanted)
        except (Lost, KeyError):
            self._answering.pop(known.uuid, None)
            if known.uuid not in self._gone:
                self._gone.add(known.uuid)
                self._notices.append(_notice("gpu_gone", known))
            return msgspec.structs.replace(known, missing=dict.fromkeys(FIGURES, GONE))
        if known.uuid in self._gone:
            self._gone.remove(known.uuid)
            self._notices.append(_notice("gpu_back", known))
        if known.uuid == in_turn:
            self._traffic[known.uuid] = reading
            return reading
        return _with_traffic_of(self._traffic.get(known.uuid), reading)

    def _remark_memory(self, host: HostReading) -> None:
        """Says once that memory is short, and again only after it was not."""
        used, total = host.memory_used_bytes, host.memory_total_bytes
        if used is None or not total or 100.0 * used / total < _SHORT_PERCENT:
            self._said.discard("memory_short")
        else:
            self._say_once("memory_short", percent=round(100.0 * used / total))

    def _say_once(self, key: str, **arguments: Argument) -> None:
        if key not in self._said:
            self._said.add(key)
            self._notices.append(Problem(key, "", arguments))


def _notice(key: str, gpu: GpuReading) -> Problem:
    return Problem(key, "", {"index": gpu.index, "name": gpu.name})


def _with_traffic_of(told: GpuReading | None, reading: GpuReading) -> GpuReading:
    if told is None:
        return msgspec.structs.replace(reading, missing={**reading.missing, **dict.fromkeys(TRAFFIC, SECOND_LOOK)})
    why = {figure: told.missing[figure] for figure in TRAFFIC if figure in told.missing}
    figures = {figure: getattr(told, figure) for figure in TRAFFIC}
    return msgspec.structs.replace(reading, **figures, missing={**reading.missing, **why})
