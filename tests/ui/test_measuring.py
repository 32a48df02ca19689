"""Measuring leaves the window responsive, shows what was printed, and ends with everything it started."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from gpulab.ui.help.measuring import Measuring
from tests.ui.window import until, window_on

_QUICK = "import sys; print('measuring text: cold and warm', file=sys.stderr); print('| text | 3 s |')"
_LONG = (
    "import subprocess, sys, time;"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "print('measuring', child.pid, file=sys.stderr, flush=True); time.sleep(600)"
)


def test_what_is_measured_is_shown(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        dialog = Measuring(window, (sys.executable, "-c", _QUICK))
        dialog.show()
        until(qtbot, lambda: not dialog.running)
        assert "| text | 3 s |" in dialog.output.toPlainText()
        assert dialog.heading.text() == "Done."
        assert dialog.close_button.text() == "Close"
        dialog.close()


def test_cancelling_ends_everything_it_started(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        dialog = Measuring(window, (sys.executable, "-c", _LONG))
        dialog.show()
        until(qtbot, lambda: dialog.heading.text().startswith("Measuring "))
        pids = [dialog.process.processId(), int(dialog.heading.text().split()[1])]
        button = dialog.findChild(QPushButton, "cancel")
        assert button is not None
        button.click()
        until(qtbot, lambda: not any(map(_lives, pids)))


def test_a_failure_is_told(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        dialog = Measuring(window, ("/nowhere/at/all",))
        until(qtbot, lambda: dialog.close_button.text() == "Close")
        assert "could not be started" in dialog.heading.text()
        dialog.close()


def _lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
