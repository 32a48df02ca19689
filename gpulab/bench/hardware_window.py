"""The real window with and without its Hardware page in sight: `python -m gpulab.bench.hardware_window ROOT PAIRS`.

Prints one JSON line, what the process takes of one core in each stretch, and then shows the page until its standard
input closes. Nothing trains in it; what an idle window takes anyway is in both.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, QSocketNotifier, QTimer
from PySide6.QtWidgets import QApplication

from gpulab import app as gpulab_app
from gpulab.bench.first_paint import fail_loudly
from gpulab.hardware.machine import this_machine
from gpulab.ui.main_window import MainWindow
from gpulab.ui.pages import HARDWARE, LAB

_SETTLE_MS, _STRETCH_MS = 1000, 2000


class Shares(msgspec.Struct):
    """Processor seconds for each second that passed."""

    seen: list[float]
    unseen: list[float]


class Turns(QObject):
    """Goes to the page and back `pairs` times."""

    def __init__(self, window: MainWindow, pairs: int) -> None:
        super().__init__(window)
        self._window, self._left = window, 2 * pairs
        self._found = Shares([], [])
        self._turn()

    def _turn(self) -> None:
        self._window.pages.go(HARDWARE if self._left % 2 == 0 else LAB)
        if self._left:
            QTimer.singleShot(_SETTLE_MS, self, self._begin)
        else:
            print(msgspec.json.encode(self._found).decode(), flush=True)

    def _begin(self) -> None:
        self._began = (time.monotonic(), time.process_time())
        QTimer.singleShot(_STRETCH_MS, self, self._end)

    def _end(self) -> None:
        share = (time.process_time() - self._began[1]) / (time.monotonic() - self._began[0])
        (self._found.seen if self._left % 2 == 0 else self._found.unseen).append(share)
        self._left -= 1
        self._turn()


def main(arguments: list[str]) -> int:
    root, pairs = Path(arguments[0]), int(arguments[1])
    fail_loudly()
    application = gpulab_app.application()
    window = gpulab_app.make_window(application, root, this_machine())
    window.completed.connect(lambda: window.charts.ready.connect(lambda: Turns(window, pairs)))
    end = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read, window)
    end.activated.connect(lambda: _end(window, application))
    window.show()
    application.exec()
    return 0


def _end(window: MainWindow, application: QApplication) -> None:
    window.leave()
    application.quit()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
