"""Reads the machine in a thread of its own: a driver that takes its time never holds the window.

Who leaves the page does not wait for a look that has begun; only who closes the window does. So each visit has a
thread of its own, with a monitor of its own, and what a former one still reads is told to nobody.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from PySide6.QtCore import QObject, Signal

from gpulab.hardware.energy import EnergyMeter, processor_meter
from gpulab.hardware.monitor import MOST_HZ, RATE_HZ, Monitor
from gpulab.hardware.readings import Reading

_LEAVE_S = 3.0
_REST = 0.2
"""Of the time between two looks, what a driver that is slower than that is left alone."""

Look = tuple[Reading, float | None]
"""A reading, and the joules that the processor drew since the visit began; None where it does not tell."""


class Watch(QObject):
    """Running exactly while somebody looks. `read` carries a `Look`, `rate_hz` times a second."""

    read = Signal(object)
    _told = Signal(object, object)

    def __init__(
        self,
        make: Callable[[], Monitor] = Monitor,
        parent: QObject | None = None,
        processor: Callable[[], EnergyMeter] = processor_meter,
    ) -> None:
        super().__init__(parent)
        self._make, self._processor = make, processor
        self._visit: _Visit | None = None
        self._former: list[_Visit] = []
        self.rate_hz = RATE_HZ
        self._told.connect(self._tell)

    @property
    def running(self) -> bool:
        """Whether somebody looks."""
        return self._visit is not None

    def set_rate(self, rate_hz: float) -> None:
        """How often to look from now on, at most `MOST_HZ`."""
        self.rate_hz = min(rate_hz, MOST_HZ)
        if self._visit:
            self._visit.wake.set()

    def begin(self) -> None:
        """Looks from now on."""
        self.end()
        self._visit = _Visit(self)
        self._visit.thread.start()

    def end(self) -> None:
        """Looks no more. Returns at once; a look that has begun ends by itself, and tells nothing."""
        self._former = [visit for visit in self._former if visit.thread.is_alive()]
        if self._visit:
            self._visit.over = True
            self._visit.wake.set()
            self._former.append(self._visit)
            self._visit = None

    def leave(self) -> None:
        """The window closes: waits for what has begun, but not for a driver that hangs."""
        self.end()
        until = time.monotonic() + _LEAVE_S
        for visit in self._former:
            visit.thread.join(max(0.0, until - time.monotonic()))

    def _tell(self, visit: _Visit, look: Look) -> None:
        if visit is self._visit:
            self.read.emit(look)

    def look(self, visit: _Visit) -> None:
        """The thread of a visit."""
        monitor, meter = self._make(), self._processor()
        try:
            meter.start()
            while not visit.over:
                began = time.monotonic()
                look = (monitor.read(), _joules(meter))
                with suppress(RuntimeError):  # the window was closed meanwhile
                    self._told.emit(visit, look)
                period = 1.0 / self.rate_hz
                visit.wake.wait(max(began + period - time.monotonic(), _REST * period))
                visit.wake.clear()
        finally:
            monitor.close()


class _Visit:
    """One time that somebody looks, from coming to going."""

    def __init__(self, watch: Watch) -> None:
        self.over = False
        self.wake = threading.Event()
        self.thread = threading.Thread(target=watch.look, args=(self,), name="watch of the machine", daemon=True)


def _joules(meter: EnergyMeter) -> float | None:
    """None, too, where the counter was taken away from us."""
    with suppress(OSError, ValueError):
        return meter.joules
    return None
