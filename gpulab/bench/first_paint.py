"""Opens one window and says when it was painted: `python -m gpulab.bench.first_paint real|bare BEGAN [COUNTS]`.

BEGAN is the monotonic clock when this process was asked for, so that the interpreter's own start counts for both.
COUNTS is a JSON file with the widgets of the real window, of which the bare one shows as many. Prints JSON.
"""

from __future__ import annotations

import gc
import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import msgspec
from PySide6 import QtWidgets
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QGridLayout, QMainWindow, QScrollArea, QWidget

Counts = dict[str, int]
_BORN_WITH_OTHERS = ("qt_", "QHeaderView", "QScrollBar")
_COLUMNS = 8


class Opened(msgspec.Struct):
    """Seconds from the process's start to the first whole paint and to the charts, and what was loaded by then."""

    painted_s: float
    charts_s: float
    shown: Counts
    hidden: Counts
    torch_imported: bool


def fail_loudly() -> None:
    """From now on an error in one of Qt's callbacks ends the process: Qt itself would go on without it."""

    def end(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        traceback.print_exception(kind, error, trace)
        os._exit(1)

    sys.excepthook = end


class FirstPaint(QObject):
    """Calls `then` as soon as the paint that is under way, the window's first, has ended."""

    def __init__(self, window: QWidget, then: Callable[[], None]) -> None:
        super().__init__(window)
        self._then = then
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self, self._then)  # comes once all widgets are painted, before the charts load
        return False


def real(began: float) -> Opened:
    """The window as the application opens it."""
    gc.disable()  # as `gpulab.__main__` does
    from gpulab import app as gpulab_app
    from gpulab.hardware.machine import this_machine

    application = gpulab_app.application()
    window = gpulab_app.make_window(application, None, this_machine())
    opened = Opened(0.0, 0.0, {}, {}, False)

    def painted() -> None:
        opened.painted_s = time.monotonic() - began
        opened.shown, opened.hidden = widgets_of(window)

    def charted() -> None:
        opened.charts_s = time.monotonic() - began
        opened.torch_imported = "torch" in sys.modules
        QTimer.singleShot(0, window.close)

    FirstPaint(window, painted)
    window.completed.connect(lambda: window.charts.ready.connect(charted))
    window.show()
    application.exec()
    return opened


def bare(began: float, shown: Counts, hidden: Counts) -> Opened:
    """Nothing but Qt: as many widgets of each kind in a grid."""
    application = QApplication([])
    window, inside, area = QMainWindow(), QWidget(), QScrollArea()
    grid = QGridLayout(inside)
    made = [_made(name) for name, count in shown.items() for _ in range(count)]
    for index, widget in enumerate(made):
        grid.addWidget(widget, index // _COLUMNS, index % _COLUMNS)
    for name, count in hidden.items():
        for _ in range(count):
            _made(name, inside).hide()
    area.setWidget(inside)
    window.setCentralWidget(area)
    window.resize(1440, 900)
    opened = Opened(0.0, 0.0, shown, hidden, False)

    def painted() -> None:
        opened.painted_s = time.monotonic() - began
        window.close()

    FirstPaint(window, painted)
    window.show()
    application.exec()
    return opened


def widgets_of(window: QWidget) -> tuple[Counts, Counts]:
    """How many widgets of each of Qt's own classes are shown and hidden; parts that Qt makes by itself left out."""
    shown: Counter[str] = Counter()
    hidden: Counter[str] = Counter()
    for widget in window.findChildren(QWidget):
        kind = next(base.__name__ for base in type(widget).__mro__ if base.__module__ == QtWidgets.__name__)
        if not widget.objectName().startswith(_BORN_WITH_OTHERS) and not kind.startswith(_BORN_WITH_OTHERS):
            (shown if widget.isVisible() else hidden)[kind] += 1
    return dict(shown), dict(hidden)


def _made(name: str, parent: QWidget | None = None) -> QWidget:
    kind: type[QWidget] = getattr(QtWidgets, name)
    widget = kind(parent)
    if isinstance(widget, QtWidgets.QComboBox):
        widget.addItems(["one", "two", "three"])
    elif isinstance(widget, QtWidgets.QLabel | QtWidgets.QAbstractButton):
        widget.setText("Some words")
    return widget


def main(arguments: list[str]) -> int:
    fail_loudly()
    kind, began, *counts = arguments
    if kind == "real":
        opened = real(float(began))
    else:
        like = msgspec.json.decode(Path(counts[0]).read_bytes(), type=Opened)
        opened = bare(float(began), like.shown, like.hidden)
    sys.stdout.buffer.write(msgspec.json.encode(opened))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
