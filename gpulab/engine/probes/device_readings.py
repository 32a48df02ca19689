"""What the device does while it trains, read twice a second by a thread of its own.

A driver may take milliseconds to answer, and a step may take minutes: neither waits for the other. The training takes
along what was read since it last asked, averaged.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from gpulab.events.documents import Better, SeriesDeclared
from gpulab.hardware.energy import EnergyMeter
from gpulab.hardware.host import Host
from gpulab.hardware.monitor import RATE_HZ
from gpulab.hardware.nvml import HELD_BACK, NvmlGpu
from gpulab.hardware.readings import GpuReading, HostReading

_SERIES: Mapping[str, tuple[str, str, Better]] = {
    "cpu_percent": ("Processor busy", "%", "neither"),
    "gpu_busy_percent": ("GPU busy", "%", "neither"),
    "power_w": ("Power", "W", "lower"),
    "temperature_c": ("Temperature", "°C", "lower"),
    "sm_clock_mhz": ("Clock", "MHz", "higher"),
    "throttled": ("Slowed down by heat or power", "share", "lower"),
}
_OF_GPU = ("busy_percent", "power_w", "temperature_c", "sm_clock_mhz", "throttle")


class DeviceReadings:
    """Reads `gpu`, or the processor where there is none, from `begin` until `close`.

    `besides` is called at each look: what wants looks at regular times. The first look is made here, and says which
    `series` there are. `processor` tells what the processor draws.
    """

    def __init__(
        self,
        gpu: NvmlGpu | None = None,
        besides: Callable[[], object] = lambda: None,
        period_s: float = 1.0 / RATE_HZ,
        processor: EnergyMeter | None = None,
    ) -> None:
        self._gpu, self._besides, self._period_s = gpu, besides, period_s
        self._host = Host()
        self._power = _Power(processor or EnergyMeter())
        self._sums: dict[str, tuple[float, int]] = {}
        self._lock, self._over = threading.Lock(), threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._watch, name="device-readings", daemon=True)
        told = {"cpu_percent", *self._figures(), *(("power_w",) if self._power.told else ())}
        self.series = tuple(
            SeriesDeclared(key=key, label=label, unit=unit, better=better)
            for key, (label, unit, better) in _SERIES.items()
            if key in told
        )

    def begin(self) -> None:
        self._thread.start()

    def read(self) -> dict[str, float | None]:
        """Means of what was read since the last call, empty for nothing new. Raises what ended the reading."""
        if self._error:
            raise self._error
        with self._lock:
            sums, self._sums = self._sums, {}
        return {key: total / count for key, (total, count) in sums.items()}

    def close(self) -> None:
        """Reads no further. Waits for the look that is being made, but not for a driver that hangs."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(timeout=1.0)

    def _watch(self) -> None:
        try:
            while not self._over.wait(self._period_s):
                self._besides()
                figures = self._figures()
                with self._lock:
                    for key, value in figures.items():
                        total, count = self._sums.get(key, (0.0, 0))
                        self._sums[key] = (total + value, count + 1)
        except Exception as error:  # told by whoever reads next
            self._error = error

    def _figures(self) -> dict[str, float]:
        """What can be read at this moment."""
        host = self._host.read()
        figures = {"cpu_percent": host.cpu_percent}
        figures |= _of_gpu(self._gpu.read(_OF_GPU)) if self._gpu else _of_processor(host, self._power.watts())
        return {key: value for key, value in figures.items() if value is not None}


def _of_gpu(told: GpuReading) -> dict[str, float | None]:
    held_back = None if told.throttle is None else float(not HELD_BACK.isdisjoint(told.throttle))
    return {
        "gpu_busy_percent": told.busy_percent,
        "power_w": told.power_w,
        "temperature_c": told.temperature_c,
        "sm_clock_mhz": told.sm_clock_mhz,
        "throttled": held_back,
    }


def _of_processor(host: HostReading, power_w: float | None) -> dict[str, float | None]:
    return {"power_w": power_w, "temperature_c": host.temperature_c}


class _Power:
    """Watts from a meter of joules, averaged from look to look."""

    def __init__(self, meter: EnergyMeter) -> None:
        self._meter = meter
        self.told = bool(meter.source)
        meter.start()
        self._before = (time.monotonic(), meter.joules or 0.0)

    def watts(self) -> float | None:
        if not self.told:
            return None
        (then, before), now = self._before, (time.monotonic(), self._meter.joules or 0.0)
        self._before = now
        return (now[1] - before) / (now[0] - then) if now[0] > then else None
