"""Energy, by the device's own counter where it has one, else by adding up power; and which of the two it was.

An NVIDIA GPU counts its board's millijoules since the driver was loaded (Volta and later); older ones tell power only.
A processor counts the microjoules of its packages (RAPL, https://www.kernel.org/doc/html/latest/power/powercap), which
most systems let only root read. A package's counter includes whatever else ran on the machine.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol

from gpulab.hardware.nvml import handle_of

EnergySource = Literal["gpu_counter", "gpu_power", "processor_counter", ""]

_POWERCAP = Path("/sys/class/powercap")


class Source(Protocol):
    """Something that draws energy. `added_j` is what it drew since it was asked before, 0 at the first time.

    It raises where it does not tell.
    """

    def added_j(self) -> float: ...


class EnergyMeter:
    """Adds up, while it is started, what all of its `sources` draw. Safe to use from several threads.

    Call `look` about twice a second where `source` is `gpu_power`; it costs a fraction of a millisecond. `source` is
    how it is measured, empty where it is not. All of it raises what a source raises that does not answer any more.
    """

    def __init__(self, sources: Sequence[Source] = (), source: EnergySource = "") -> None:
        self._sources, self.source = tuple(sources), source
        self._joules, self._running = 0.0, False
        self._lock = threading.Lock()

    @property
    def joules(self) -> float | None:
        """What was drawn while it was started, up to this moment; None where that is not known."""
        self.look()
        return self._joules if self._sources else None

    def start(self) -> None:
        """Counts from now on. What was drawn before, or while it was stopped, does not count."""
        with self._lock:
            if not self._running:
                self._ask()
                self._running = True

    def stop(self) -> None:
        """Counts no further until it is started again."""
        with self._lock:
            if self._running:
                self._joules += self._ask()
                self._running = False

    def look(self) -> None:
        """Adds what was drawn since the last look."""
        with self._lock:
            if self._running:
                self._joules += self._ask()

    def _ask(self) -> float:
        return sum(source.added_j() for source in self._sources)


class Counter:
    """A counter of joules that begins anew at `span_j` where it has one, and at 0 when its driver is loaded again."""

    def __init__(self, read_j: Callable[[], float], span_j: float | None = None) -> None:
        self._read_j, self._span_j = read_j, span_j
        self._before: float | None = None

    def added_j(self) -> float:
        now = self._read_j()
        before, self._before = self._before, now
        if before is None:
            return 0.0
        return now - before if now >= before else now + (self._span_j - before if self._span_j else 0.0)


class Integral:
    """Power added up over time by the trapezoid rule: as true as it is looked at often."""

    def __init__(self, read_w: Callable[[], float], clock: Callable[[], float]) -> None:
        self._read_w, self._clock = read_w, clock
        self._before: tuple[float, float] | None = None

    def added_j(self) -> float:
        now = (self._clock(), self._read_w())
        before, self._before = self._before, now
        return (now[0] - before[0]) * (now[1] + before[1]) / 2.0 if before else 0.0


def gpu_meter(nvml: Any, uuids: Sequence[str], clock: Callable[[], float] = time.monotonic) -> EnergyMeter:
    """What the GPUs draw whose UUIDs (without prefix) are named; all in one way. `nvml` has been begun.

    A meter without a source where one tells neither energy nor power.
    """
    handles: list[Any] = []
    with suppress(nvml.NVMLError):
        handles = [handle_of(nvml, uuid) for uuid in uuids]
        if all(not _is_slice(nvml, handle) for handle in handles):
            with suppress(nvml.NVMLError):
                told = _readers(nvml.nvmlDeviceGetTotalEnergyConsumption, handles)
                return EnergyMeter([Counter(read) for read in told], "gpu_counter")
            told = _readers(nvml.nvmlDeviceGetPowerUsage, handles)
            return EnergyMeter([Integral(read, clock) for read in told], "gpu_power")
    return EnergyMeter()


def processor_meter(root: Path = _POWERCAP) -> EnergyMeter:
    """What the processor's packages, and memory where that is counted beside them, draw; none where nobody may read."""
    zones = [zone for zone in sorted(root.glob("intel-rapl:*")) if _counts(zone)]
    try:
        counters = [_zone(zone) for zone in zones]
        for counter in counters:
            counter.added_j()
    except (OSError, ValueError):
        return EnergyMeter()
    return EnergyMeter(counters, "processor_counter" if counters else "")


def _readers(ask: Callable[[Any], float], handles: Sequence[Any]) -> list[Callable[[], float]]:
    """What reads each GPU's thousandths as a whole unit. Raises NVMLError where one does not tell."""
    readers: list[Callable[[], float]] = [partial(lambda handle: ask(handle) / 1e3, handle) for handle in handles]
    for read in readers:
        read()
    return readers


def _is_slice(nvml: Any, handle: Any) -> bool:
    """A slice's energy is not told apart from its neighbours'."""
    with suppress(nvml.NVMLError):
        return bool(nvml.nvmlDeviceIsMigDeviceHandle(handle))
    return False


def _counts(zone: Path) -> bool:
    """Whether a zone is a package, or memory, which no package includes; cores and graphics are in their package."""
    try:
        name = (zone / "name").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return False
    return name.startswith(("package", "dram"))


def _zone(zone: Path) -> Counter:
    def read_j() -> float:
        return int((zone / "energy_uj").read_text(encoding="ascii")) / 1e6

    return Counter(read_j, int((zone / "max_energy_range_uj").read_text(encoding="ascii")) / 1e6)
