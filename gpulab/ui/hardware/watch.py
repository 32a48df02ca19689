"""Reads the machine in a thread of its own: a driver that takes its time never holds the window."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, QThread, Signal

from gpulab.hardware.monitor import MOST_HZ, RATE_HZ, Monitor

_LEAVE_MS = 3000


class Watch(QThread):
    """Running exactly while somebody looks. `read` carries a Reading, `rate_hz` times a second."""

    read = Signal(object)

    def __init__(self, make: Callable[[], Monitor] = Monitor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("watch of the machine")
        self._make = make
        self._wake = threading.Event()
        self._over = False
        self.rate_hz = RATE_HZ

    def set_rate(self, rate_hz: float) -> None:
        """How often to look from now on, at most `MOST_HZ`."""
        self.rate_hz = min(rate_hz, MOST_HZ)
        self._wake.set()

    def begin(self) -> None:
        """Looks from now on."""
        if self.isRunning():
            self.end()
        self._over = False
        self._wake.clear()
        self.start(QThread.Priority.LowPriority)

    def end(self) -> None:
        """Looks no more; returns once the look that has begun is over."""
        self._over = True
        self._wake.set()
        self.wait(_LEAVE_MS)

    def run(self) -> None:
        """The thread itself."""
        monitor = self._make()
        try:
            while not self._over:
                self.read.emit(monitor.read())
                self._wake.wait(1.0 / self.rate_hz)
                self._wake.clear()
        finally:
            monitor.close()
