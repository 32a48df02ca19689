"""A person at a real window, played by mouse and keyboard: choose, run, pause, go on, stop, close. Run as a program."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton, QWidget

from gpulab import app as gpulab_app
from gpulab.hardware.machine import this_machine
from gpulab.ui.main_window import MainWindow
from gpulab.viewmodels.record import RunRecord

_LEFT = Qt.MouseButton.LeftButton


def main(folder: Path) -> None:
    """Plays through one training; raises where something does not happen."""
    app = gpulab_app.application()
    window = gpulab_app.make_window(app, folder / "runs", this_machine())
    window.show()
    assert QTest.qWaitForWindowActive(window, 10_000)
    until(lambda: window.stands and window.charts.grid is not None)
    choose_preset(window)
    click(window.toolbar.widgetForAction(window.actions_["run"]))
    until(lambda: window.session.current is not None and window.session.current.step > 5)
    run = window.session.current
    assert run is not None
    QTest.keyClick(window.charts, Qt.Key.Key_Space)
    until_state(run, "paused")
    until(window.actions_["continue"].isVisible)  # the toolbar has followed: Space must go on meaning both
    QTest.keyClick(window.charts, Qt.Key.Key_Space)
    until_state(run, "training")
    click(window.toolbar.widgetForAction(window.actions_["stop"]))
    press(window, "stop_dialog", "stop_and_save")
    until(lambda: not window.session.threads)
    assert run.state == "stopped", run.state
    window.grab().save(str(folder / "window.png"))
    window.close()
    until(lambda: not window.isVisible())
    print("played")


def choose_preset(window: MainWindow) -> None:
    """Picks nano from the menu by its keys, as undo would take it back, with more steps than a test will wait for."""
    next(
        a for a in window.menus["file"].findChildren(type(window.actions_["run"])) if a.objectName() == "preset:nano"
    ).trigger()
    window.form.focus_setting("training.steps")
    field = window.focusWidget()
    assert field is not None
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(field, "90000")
    QTest.keyClick(field, Qt.Key.Key_Tab)
    assert window.form.experiment().training.steps == 90000, window.form.experiment().training


def press(window: MainWindow, dialog: str, name: str) -> None:
    until(lambda: window.findChild(QMessageBox, dialog) is not None)
    box = window.findChild(QMessageBox, dialog)
    assert box is not None
    button = box.findChild(QPushButton, name)
    assert button is not None
    QTest.qWait(200)
    click(button)


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, _LEFT, Qt.KeyboardModifier.NoModifier, QPoint(widget.width() // 2, widget.height() // 2))


def until(fact: Callable[[], bool], patience_s: float = 40.0) -> None:
    deadline = time.monotonic() + patience_s
    while not fact():
        assert time.monotonic() < deadline, "it did not happen"
        QTest.qWait(30)


def until_state(run: RunRecord, wanted: str) -> None:
    """Waits for it; what was ordered and what the worker said about it stand beside a failure."""
    try:
        until(lambda: run.state == wanted)
    except AssertionError as error:
        files = [run.folder / name for name in ("control.jsonl", "events.jsonl", "worker.log")]
        tails = [f"{path.name}: {path.read_text()[-600:]}" for path in files if path.is_file()]
        places = ("focusWidget", "activeWindow", "activeModalWidget", "activePopupWidget")
        keys = [f"{place}: {getattr(QApplication, place)()}" for place in places]
        raise AssertionError("\n".join([f"{run.state} instead of {wanted}", *keys, *tails])) from error


if __name__ == "__main__":
    main(Path(sys.argv[1]))
