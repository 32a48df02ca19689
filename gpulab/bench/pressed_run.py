"""Presses Run in the application's own window and times the wait: `python -m gpulab.bench.pressed_run ROOT TIMES`.

Each time a waiting worker (`gpulab.runs.prewarming`) stands ready, as it does when a person has filled in the form. The
clock runs from the press until the window has taken in the first figure, the untrained model's validation loss, and
until it has the first training loss. Prints JSON: a `Waited` for each time.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil
from PySide6.QtCore import QObject, QTimer

from gpulab import app as gpulab_app
from gpulab.bench.first_paint import fail_loudly
from gpulab.bench.long_run import experiment
from gpulab.hardware.machine import this_machine
from gpulab.runs.prewarming import Prewarmed
from gpulab.ui.main_window import MainWindow

_LOOK_MS = 50
_REST_LOOKS = 20
"""So many looks in a row must find the waiting worker at rest: then it has imported all it can."""


class Waited(msgspec.Struct):
    """Seconds from the press."""

    sample_s: float
    train_loss_s: float


class Presses(QObject):
    """Runs one training after another, each until its first figure."""

    def __init__(self, window: MainWindow, warm: Prewarmed, times: int) -> None:
        super().__init__(window)
        self.waited: list[Waited] = []
        self._sample_s: float | None = None
        self._window, self._warm, self._times = window, warm, times
        self._busy, self._rested = -1.0, 0
        self._pressed = 0.0
        self._clock = QTimer(self, interval=_LOOK_MS)
        self._then: Callable[[], None] = self._press_when_ready
        self._clock.timeout.connect(self._look)
        window.session.changed.connect(self._arrived)
        self._clock.start()

    def _look(self) -> None:
        self._then()

    def _press_when_ready(self) -> None:
        """Waits for a worker that has imported everything and rests."""
        busy = _processor_seconds(self._warm.pid)
        self._rested = self._rested + 1 if busy == self._busy and busy > 1.0 else 0
        self._busy = busy
        if self._rested >= _REST_LOOKS and not self._window.deeds.busy:
            self._rested, self._then = 0, lambda: None
            self._pressed = time.perf_counter()
            self._window.actions_["run"].trigger()

    def _arrived(self, run_id: str) -> None:
        record = self._window.session.records.get(run_id)
        if not self._pressed or record is None or not record.latest:
            return
        passed = time.perf_counter() - self._pressed
        self._sample_s = self._sample_s or passed
        if "train_loss" not in record.latest:
            return
        self.waited.append(Waited(self._sample_s, passed))
        self._sample_s = None
        self._pressed = 0.0
        self._window.session.order("stop")
        self._then = self._go_on if len(self.waited) < self._times else self._end

    def _go_on(self) -> None:
        if not self._window.session.threads:
            self._then = self._press_when_ready

    def _end(self) -> None:
        if not self._window.session.threads:
            self._clock.stop()
            self._window.leave()


def _processor_seconds(pid: int | None) -> float:
    with suppress(psutil.Error):
        return sum(psutil.Process(pid).cpu_times()[:2]) if pid else 0.0
    return 0.0


def main(arguments: list[str]) -> int:
    root, times = Path(arguments[0]), int(arguments[1])
    fail_loudly()
    application = gpulab_app.application()
    window = gpulab_app.make_window(application, root, this_machine())
    warm, presses = Prewarmed(), list[Presses]()

    def begin() -> None:
        window.session.keep_warm(warm)
        window.files.show_new(experiment(), "")
        presses.append(Presses(window, warm, times))

    window.completed.connect(begin)
    window.show()
    try:
        application.exec()
    finally:
        warm.close()
    sys.stdout.buffer.write(msgspec.json.encode(presses[0].waited))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
