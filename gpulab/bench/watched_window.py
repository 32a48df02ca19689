"""The application's own window, showing runs while its event loop is timed: `python -m gpulab.bench.watched_window`.

Arguments: ROOT FILE. It says `ready` once the charts show every run below ROOT, lives until its standard input closes,
and then writes FILE: when each 5 ms tick of the loop really came, and from when to when the window was painting
itself, computing curves included.
"""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from PySide6.QtCore import QEvent, QObject, QSocketNotifier, Qt, QTimer

from gpulab import app as gpulab_app
from gpulab.bench.first_paint import fail_loudly
from gpulab.hardware.machine import this_machine
from gpulab.ui.charts import ChartGrid
from gpulab.ui.main_window import MainWindow

TICK_S = 0.005
Span = tuple[float, float]


class LoopTimes(msgspec.Struct):
    """Seconds of the monotonic clock."""

    ticks: list[float]
    paints: list[Span]
    redraws: list[Span]


class PaintTimer(QObject):
    """Delivers the window's updates itself, to see how long they take. All widgets are painted within one."""

    def __init__(self, window: MainWindow, spans: list[Span]) -> None:
        super().__init__(window)
        self._window, self._spans = window, spans
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.UpdateRequest:
            return False
        began = time.monotonic()
        self._window.event(event)
        self._spans.append((began, time.monotonic()))
        return True


def timed(deed: Callable[[ChartGrid], None], spans: list[Span]) -> Callable[[ChartGrid], None]:
    """`deed`, noting when it was at work."""

    @functools.wraps(deed)
    def wrapper(grid: ChartGrid) -> None:
        began = time.monotonic()
        deed(grid)
        spans.append((began, time.monotonic()))

    return wrapper


def main(arguments: list[str]) -> int:
    root, file = map(Path, arguments)
    fail_loudly()
    times = LoopTimes([], [], [])
    setattr(ChartGrid, "redraw", timed(ChartGrid.redraw, times.redraws))  # noqa: B010 (mypy: a method is no variable)
    application = gpulab_app.application()
    window = gpulab_app.make_window(application, root, this_machine())
    PaintTimer(window, times.paints)
    window.show()
    ticker = QTimer(window, interval=round(TICK_S * 1000), timerType=Qt.TimerType.PreciseTimer)
    ticker.timeout.connect(lambda: times.ticks.append(time.monotonic()))
    ticker.start()
    runs = sum(1 for path in root.iterdir() if path.is_dir())
    window.completed.connect(lambda: _say_when_ready(window, runs))
    end = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read, window)
    end.activated.connect(window.leave)
    application.exec()
    file.write_bytes(msgspec.json.encode(times))
    return 0


def _say_when_ready(window: MainWindow, runs: int) -> None:
    """Shows all runs as soon as they are listed, then prints `ready` once all have curves."""
    poll = QTimer(window, interval=100)

    def look() -> None:
        known = list(window.session.records)
        window.visibility.set(known, True)
        if window.charts.grid is not None and len(window.charts.grid.state.runs) == runs:
            poll.stop()
            print("ready", flush=True)

    poll.timeout.connect(look)
    poll.start()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
