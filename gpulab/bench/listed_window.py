"""The application's own window on a folder of runs: `python -m gpulab.bench.listed_window ROOT` prints JSON.

It says how long the table took from being asked for until it was painted, what it held up meanwhile, and what using
it takes then. Everything is timed within one thread, with the paint that each deed brings about.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import msgspec
from PySide6.QtCore import Qt, QTimer

from gpulab import app as gpulab_app
from gpulab.bench.first_paint import fail_loudly
from gpulab.hardware.machine import this_machine
from gpulab.ui.main_window import MainWindow

_TICK_MS = 2
_VAL_LOSS = 4  # a column to sort by


class Listed(msgspec.Struct):
    """Seconds. `blocked_s` is the longest that the window's loop stood still while the runs were read and shown."""

    rows: int = 0
    shown_s: float = 0.0
    blocked_s: float = 0.0
    scrolled_s: float = 0.0
    selected_s: float = 0.0
    filtered_s: float = 0.0
    sorted_s: float = 0.0


class Watch:
    """Times one window from when it asks for its runs."""

    def __init__(self, window: MainWindow, then: Callable[[Listed], None]) -> None:
        self._window, self._then = window, then
        self._ticks: list[float] = []
        self._asked = 0.0
        window.completed.connect(self._ready)

    def _ready(self) -> None:
        session = self._window.session
        ask = session.list_runs

        def asked() -> None:
            self._asked = time.perf_counter()
            ticker = QTimer(self._window, interval=_TICK_MS, timerType=Qt.TimerType.PreciseTimer)
            ticker.timeout.connect(lambda: self._ticks.append(time.perf_counter()))
            ticker.start()
            ask()

        setattr(session, "list_runs", asked)  # noqa: B010 (mypy: a method is no variable)
        session.listed.connect(self._listed)

    def _listed(self) -> None:
        table = self._window.runs.table
        table.viewport().repaint()
        listed = Listed(rows=self._window.runs.filter.rowCount(), shown_s=time.perf_counter() - self._asked)
        ticks = [self._asked, *self._ticks, time.perf_counter()]
        listed.blocked_s = max(later - earlier for earlier, later in pairwise(ticks))
        listed.scrolled_s = self._took(table.scrollToBottom)
        listed.filtered_s = self._took(lambda: self._window.runs.words.setText("run pruning"))
        self._window.runs.words.clear()
        listed.sorted_s = self._took(lambda: table.sortByColumn(_VAL_LOSS, Qt.SortOrder.AscendingOrder))
        listed.selected_s = self._took(lambda: table.selectRow(listed.rows // 2))
        self._then(listed)

    def _took(self, deed: Callable[[], object]) -> float:
        began = time.perf_counter()
        deed()
        self._window.runs.table.viewport().repaint()
        return time.perf_counter() - began


def main(arguments: list[str]) -> int:
    fail_loudly()
    application = gpulab_app.application()
    window = gpulab_app.make_window(application, Path(arguments[0]), this_machine())

    def done(listed: Listed) -> None:
        print(msgspec.json.encode(listed).decode(), flush=True)
        window.leave()

    watch = Watch(window, done)
    window.resize(1400, 900)
    window.show()
    application.exec()
    del watch
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
