"""The processor and the memory around the GPUs, read through psutil."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Sequence
from typing import Any

from gpulab.hardware.free import free_memory_bytes, memory_limit_bytes
from gpulab.hardware.readings import NO_ANSWER, NO_MEMORY, NO_PERMISSION, NOT_SUPPORTED, SECOND_LOOK, HostReading

_SLOW_S = 2.0
"""How long clock and temperature count as read: they lie in many small files, and change slowly."""

_SENSORS = ("coretemp", "k10temp", "zenpower", "cpu_thermal", "acpitz")
"""Where processors tell their temperature, the truest first."""

_Ask = Callable[[], Sequence[Any] | None]


class Host:
    """Reads the machine again and again; how busy it is counts from one look to the next, the first one made here."""

    def __init__(self, psutil: Any = None, clock: Callable[[], float] = time.monotonic) -> None:
        if psutil is None:
            import psutil
        self._psutil, self._clock = psutil, clock
        self._counted: list[tuple[float, float]] = []
        self._slow: dict[str, Any] = {}
        self._slow_missing: dict[str, str] = {}
        self._slow_until = -1.0
        _add(("cpu_percent",), self._busy, {}, {})

    def read(self) -> HostReading:
        """How things stand now. What cannot be read is None, with the reason."""
        values: dict[str, Any] = {}
        missing: dict[str, str] = {}
        _add(("cpu_percent", "per_core_percent"), self._busy, values, missing)
        _add(("memory_used_bytes", "memory_total_bytes"), self._memory, values, missing)
        _add(("swap_used_bytes", "swap_total_bytes"), self._swap, values, missing)
        _add(("load_1",), lambda: self._psutil.getloadavg()[:1], values, missing)
        if self._clock() >= self._slow_until:
            self._slow, self._slow_missing, self._slow_until = {}, {}, self._clock() + _SLOW_S
            _add(("clock_mhz",), self._clock_mhz, self._slow, self._slow_missing)
            _add(("temperature_c",), self._temperature, self._slow, self._slow_missing)
        return HostReading(**values, **self._slow, missing=missing | self._slow_missing)

    def _busy(self) -> tuple[float, tuple[float, ...]] | tuple[()]:
        before, self._counted = self._counted, [_counted(core) for core in self._psutil.cpu_times(percpu=True)]
        if len(before) != len(self._counted):  # the first look, or a core was switched on or off
            return ()
        cores, busy_s, all_s = [], 0.0, 0.0
        for (busy_then, then), (busy_now, now) in zip(before, self._counted, strict=True):
            busy, passed = max(0.0, busy_now - busy_then), max(0.0, now - then)
            cores.append(min(100.0, 100.0 * busy / passed) if passed else 0.0)
            busy_s, all_s = busy_s + busy, all_s + passed
        return (min(100.0, 100.0 * busy_s / all_s), tuple(cores)) if all_s else ()

    def _memory(self) -> tuple[int, int]:
        total = memory_limit_bytes()
        return max(0, total - free_memory_bytes()), total

    def _swap(self) -> tuple[int, int]:
        told = self._psutil.swap_memory()
        return int(told.used), int(told.total)

    def _clock_mhz(self) -> tuple[float] | None:
        told = self._psutil.cpu_freq()
        return (float(told.current),) if told and told.current else None

    def _temperature(self) -> tuple[float] | None:
        told = self._psutil.sensors_temperatures()
        name = next((name for name in _SENSORS if told.get(name)), None)
        return (max(float(one.current) for one in told[name]),) if name else None


def _counted(core: Any) -> tuple[float, float]:
    """Seconds for which a core was busy, and all it has counted. What it ran for guests is in its own time already."""
    everything = sum(core) - getattr(core, "guest", 0.0) - getattr(core, "guest_nice", 0.0)
    return everything - core.idle - getattr(core, "iowait", 0.0), everything


def _add(figures: Sequence[str], ask: _Ask, values: dict[str, Any], missing: dict[str, str]) -> None:
    """Puts what `ask` tells into `values`; why it tells nothing into `missing`."""
    try:
        told = ask()
    except Exception as error:  # of psutil too, which reads files that no two systems fill alike
        missing |= dict.fromkeys(figures, _reason(error))
        return
    if told:
        values.update(zip(figures, told, strict=False))
    else:
        missing |= dict.fromkeys(figures, NOT_SUPPORTED if told is None else SECOND_LOOK)


def _reason(error: Exception) -> str:
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return NO_MEMORY
    if isinstance(error, PermissionError):
        return NO_PERMISSION
    return NOT_SUPPORTED if isinstance(error, AttributeError | NotImplementedError) else NO_ANSWER
