"""The watch over what tests leave behind must itself be trusted."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from tests import leaks
from tests.leaks import watched


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "_PATIENCE_S", 0.1)


def test_a_thread_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    enough = threading.Event()
    thread = threading.Thread(target=enough.wait, name="forgotten")
    with watched(monkeypatch) as left_behind:
        thread.start()
    enough.set()
    thread.join()
    assert len(left_behind) == 1
    assert "forgotten" in left_behind[0]


def test_a_timer_is_told_with_the_line_that_started_it(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    timer = QTimer()
    with watched(monkeypatch) as left_behind:
        timer.start(1000)
    timer.stop()
    assert len(left_behind) == 1
    assert __file__ in left_behind[0]


def test_a_deleted_or_stopped_timer_is_no_leak(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    with watched(monkeypatch) as left_behind:
        deleted, stopped = QTimer(), QTimer()
        deleted.start(1000)
        deleted.deleteLater()
        stopped.start(1000)
        stopped.stop()
    assert left_behind == []


def test_a_child_process_is_named_and_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    with watched(monkeypatch) as left_behind:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    assert child.wait(10) != 0
    assert len(left_behind) == 1
    assert str(child.pid) in left_behind[0]
