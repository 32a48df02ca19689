"""Errands: their order, what follows them, and a window that need not wait for one that takes for ever."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gpulab.ui import background as background_module
from gpulab.ui.background import Background
from tests.ui.window import until

ROOT = Path(__file__).parents[2]

_OUTLIVED = """
import sys, threading
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget
from gpulab.ui import background

class Window(QWidget):
    def event(self, event):
        return super().event(event)

background._LEAVE_S = 0.05
app, window, begun, end = QApplication([]), Window(), threading.Event(), threading.Event()
errands = background.Background(window)
errands.run(lambda: (begun.set(), end.wait()), print)
begun.wait()
errands.leave()
window.destroyed.connect(app.quit)
window.deleteLater()
app.exec()
print("closed")
"""


def test_an_errand_that_outlives_its_window_holds_up_nobody() -> None:
    command = [sys.executable, "-c", _OUTLIVED]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.returncode) == ("closed\n", 0), done.stderr


def test_one_at_a_time_keeps_the_order_and_two_do_not_wait_for_each_other(qtbot: QtBot) -> None:
    one, seen = Background(at_once=1), list[int]()
    for number in range(20):
        one.run(lambda number=number: number, seen.append)  # type: ignore[misc]
    until(qtbot, lambda: len(seen) == 20)
    assert seen == list(range(20))
    two, first = Background(), threading.Event()
    two.run(lambda: first.wait(20), lambda _: seen.append(-1))
    two.run(first.set, lambda _: seen.append(-2))
    until(qtbot, lambda: not two.busy)
    assert {-1, -2} <= set(seen)


def test_a_failure_is_told_where_the_errand_came_from(qtbot: QtBot) -> None:
    errands, told = Background(), list[Exception]()

    def fails() -> None:
        raise ValueError("no")

    with qtbot.waitSignal(errands.idle):
        errands.run(fails, lambda _: told.append(AssertionError("followed")), told.append)
    assert [str(one) for one in told] == ["no"]


def test_what_was_left_is_told_to_nobody_and_what_waits_is_not_begun(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background_module, "_LEAVE_S", 0.05)
    errands, end, seen = Background(at_once=1), threading.Event(), list[object]()
    errands.run(lambda: end.wait(20), seen.append)
    errands.run(lambda: seen.append("begun"), seen.append)
    errands.leave()
    end.set()
    qtbot.wait(50)
    assert not seen


def test_what_must_not_be_lost_is_done_before_the_window_goes() -> None:
    errands, done, begun = Background(at_once=1), list[int](), threading.Event()
    errands.run(lambda: begun.wait(20), lambda _: None)
    for number in range(5):
        errands.run(lambda number=number: done.append(number), lambda _: None)  # type: ignore[misc]
    begun.set()
    errands.leave(finish=True)
    assert done == list(range(5))
