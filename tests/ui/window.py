"""What tests of the window share: a window on runs of its own, small experiments, patience."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from gpulab import app as gpulab_app
from gpulab.hardware.machine import this_machine
from gpulab.spec.experiment import Experiment
from gpulab.spec.presets import experiment_from
from gpulab.ui.main_window import MainWindow

PATIENCE_MS = 30_000


def tiny(name: str = "tiny", steps: int = 30, checkpoint_interval: int = 10) -> Experiment:
    """A real experiment that trains in seconds."""
    experiment = experiment_from("nano")
    training = msgspec.structs.replace(
        experiment.training, steps=steps, eval_interval=10, checkpoint_interval=checkpoint_interval
    )
    evaluation = msgspec.structs.replace(experiment.evaluation, windows=4, sample_length=20)
    return msgspec.structs.replace(experiment, name=name, training=training, evaluation=evaluation)


@contextmanager
def window_on(root: Path, qtbot: QtBot) -> Iterator[MainWindow]:
    """The main window, shown, with its charts and its list of runs; closed without a question."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    window = gpulab_app.make_window(app, root, this_machine())
    listed: list[bool] = []
    window.completed.connect(lambda: window.session.listed.connect(lambda: listed.append(True)))
    window.resize(1400, 900)
    window.show()
    qtbot.waitUntil(lambda: bool(listed), timeout=PATIENCE_MS)
    try:
        yield window
    finally:
        window.leave()
        window.deleteLater()


def until(qtbot: QtBot, fact: Callable[[], object]) -> None:
    """Waits for `fact` as long as a slow machine may need."""
    qtbot.waitUntil(lambda: bool(fact()), timeout=PATIENCE_MS)


def answer(window: MainWindow, dialog: str, button: str) -> None:
    """Presses a button of an open question."""
    box = window.findChild(QMessageBox, dialog)
    assert box is not None, f"{dialog} is not open"
    found = box.findChild(QPushButton, button)
    assert found is not None, f"{dialog} has no {button}"
    found.click()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where runs go."""
    return tmp_path / "runs"
