"""Finders, search, scan and test of an old model in the real window: taken over, stopped, killed, refused."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from gpulab.events.documents import Suggestion, Trial
from gpulab.runs.workers import launched
from gpulab.spec.jobs import Kind
from gpulab.spec.problem import Argument
from gpulab.spec.setting import Value
from gpulab.ui.finding.dialog import JobDialog
from gpulab.ui.finding.heat import HeatPanel
from gpulab.ui.finding.waterfall import WaterfallPanel
from gpulab.ui.main_window import MainWindow
from gpulab.ui.theme import DARK
from tests.ui.window import tiny, until, window_on

pytestmark = pytest.mark.timeout(400)


def opened(window: MainWindow, kind: Kind, **values: Value) -> JobDialog:
    """The dialog that the action opens, with some of its settings changed as by typing."""
    window.actions_[kind].trigger()
    dialog = window.finders.dialogs[kind]
    for path, value in values.items():
        dialog.settings.edited.emit(path, value, False)
    return dialog


def press(dialog: JobDialog, name: str) -> None:
    button = dialog.findChild(QPushButton, name)
    assert button is not None, name
    assert button.isVisible(), name
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def pid_of(dialog: JobDialog) -> int:
    assert dialog.work.job_dir is not None
    noted = launched(dialog.work.job_dir)
    assert noted is not None
    return noted.pid


def lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_suggestion_is_taken_over_and_ctrl_z_takes_it_back(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.form.set_experiment(tiny())
        dialog = opened(window, "find_lr", steps=40)
        press(dialog, "start")
        assert not dialog.settings.isEnabled()
        until(qtbot, lambda: dialog.finding.trials and dialog.progress.value() > 0)
        until(qtbot, lambda: not dialog.work.running)
        assert dialog.status.text().startswith("Done in")
        assert dialog.finding.suggestions[0].key == "lr_steepest", dialog.suggestions.labels[0].text()
        before = window.form.experiment()
        press(dialog, "take:lr_steepest")
        taken = window.form.experiment().training.learning_rate
        assert taken == dialog.finding.suggestions[0].changes["training.learning_rate"] != 0.001
        assert "Ctrl+Z" in dialog.status.text()
        QTest.keyClick(dialog, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert window.form.experiment() == before
        window.actions_["redo"].trigger()
        assert window.form.experiment().training.learning_rate == taken
        press(dialog, "close")
        until(qtbot, lambda: not window.finders.dialogs)


def test_what_makes_it_fast_is_one_undoable_change(root: Path, qtbot: QtBot) -> None:
    """The job's own measuring is tested where no window waits for it; here its documents come from a record."""
    with window_on(root, qtbot) as window:
        window.form.set_experiment(tiny())
        QTest.mouseClick(window.form.body.header.faster, Qt.MouseButton.LeftButton)
        dialog = window.finders.dialogs["tune"]
        (panel,) = dialog.charts.panels
        assert isinstance(panel, WaterfallPanel)
        assert not panel.bars
        changes: dict[str, Argument] = {
            "techniques.precision": True,
            "techniques.precision.mode": "bf16_pure",
            "threads": 1,
        }
        found = Suggestion(key="tune_unchecked", arguments={"levers": "Threads: 1", "ratio": 1.5}, changes=changes)
        names = {"stage": "lever", "lever": "threads", "choice": "1", "outcome": "kept"}
        refused = {**names, "lever": "techniques.precision.mode", "choice": "fp16", "outcome": "refused"}
        kept = Trial(number=1, seconds=1.0, values={"ratio": 1.5, "low": 1.4, "high": 1.6}, names=names)
        reason = {"reason": "fp16_slow_on_cpu"}
        dialog.work.documents.emit([kept, Trial(number=2, seconds=2.0, values={}, names=refused | reason), found])
        until(qtbot, lambda: panel.bars and dialog.suggestions.buttons and dialog.suggestions.buttons[0].isVisible())
        assert panel.bars[0].accessibleName() == "Threads: 1: 1.50 times as fast, 1.40 to 1.60"
        assert any("slowly" in label.text() for label in panel.findChildren(QLabel))
        panel.set_theme(DARK)
        assert panel.bars[0].theme is DARK
        before = window.form.experiment()
        press(dialog, "take:tune_unchecked")
        taken = window.form.experiment()
        assert (taken.threads, list(taken.techniques)) == (1, ["precision"])
        assert getattr(taken.techniques["precision"], "mode", "") == "bf16_pure"
        QTest.keyClick(dialog, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert window.form.experiment() == before
        dialog.close()


def test_stop_in_the_middle_still_suggests(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.form.set_experiment(tiny())
        dialog = opened(window, "search", trials=500, steps=4)
        press(dialog, "start")
        until(qtbot, lambda: len(dialog.finding.trials) > 2)
        assert "about" in dialog.status.text() or len(dialog.finding.trials) < 4
        press(dialog, "stop")
        until(qtbot, lambda: not dialog.work.running)
        assert dialog.status.text() == "Stopped as you asked."
        assert "Take a learning rate of" in dialog.suggestions.labels[0].text()
        dialog.close()


def test_a_killed_worker_is_told(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.form.set_experiment(tiny())
        dialog = opened(window, "search", trials=500, steps=4)
        press(dialog, "start")
        until(qtbot, lambda: dialog.finding.trials)
        os.kill(pid_of(dialog), signal.SIGKILL)
        until(qtbot, lambda: not dialog.work.running)
        assert "ended from outside (SIGKILL)" in dialog.status.text()
        assert dialog.status.property("severity") == "danger"
        assert dialog.start.text() == "Start again"
        dialog.close()


def test_wrong_settings_and_a_wrong_form_start_nothing(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        dialog = opened(window, "find_lr", steps="many", highest=1e-7)
        press(dialog, "start")
        assert not dialog.work.running
        errors = {path: row.error.text() for path, row in dialog.settings.rows.items() if row.error}
        assert "whole number" in errors["steps"]
        dialog.close()
        until(qtbot, lambda: not window.finders.dialogs)
        dialog = opened(window, "find_lr")
        window.form.body.edited.emit("training.steps", "many", False)
        press(dialog, "start")
        assert not dialog.work.running
        assert "see the marked setting" in dialog.status.text()
        dialog.close()


def test_text_that_is_too_short_is_told_in_the_dialog(root: Path, qtbot: QtBot, tmp_path: Path) -> None:
    with window_on(root, qtbot) as window:
        (tmp_path / "short.txt").write_text("too short")
        window.form.set_experiment(tiny())
        window.form.body.edited.emit("data.path", str(tmp_path / "short.txt"), False)
        dialog = opened(window, "find_lr")
        press(dialog, "start")
        until(qtbot, lambda: not dialog.work.running)
        assert dialog.status.property("severity") == "danger", dialog.status.text()
        assert not dialog.finding.trials
        dialog.close()


def test_one_thing_is_measured_at_a_time(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.form.set_experiment(tiny())
        dialog = opened(window, "search", trials=500, steps=4)
        press(dialog, "start")
        until(qtbot, lambda: dialog.finding.trials)
        other = opened(window, "find_lr")
        press(other, "start")
        assert "“Search rate and batch” is at work" in other.status.text()
        other.close()
        window.actions_["run"].trigger()
        until(qtbot, lambda: window.queue.list.count() == 1)
        assert not window.session.threads
        pid = pid_of(dialog)
        dialog.close()  # ends the job: what waits begins
        until(qtbot, lambda: not lives(pid))
        until(qtbot, lambda: window.session.threads)
        refused = opened(window, "find_lr")
        press(refused, "start")
        assert "A training is at work" in refused.status.text()
        refused.close()
        until(qtbot, lambda: not window.session.threads)


def test_closing_the_window_ends_the_job(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.form.set_experiment(tiny())
        dialog = opened(window, "find_batch", largest=65536)
        press(dialog, "start")
        until(qtbot, lambda: dialog.finding.trials)
        pid = pid_of(dialog)
    until(qtbot, lambda: not lives(pid))
    assert not lives(pid)


def test_a_finished_run_is_scanned_and_tested_on_a_new_text(root: Path, qtbot: QtBot, tmp_path: Path) -> None:
    with window_on(root, qtbot) as window:
        window.form.set_experiment(tiny(steps=10))
        assert not window.actions_["scan"].isEnabled()
        window.actions_["run"].trigger()
        until(qtbot, lambda: window.session.current and window.session.current.state == "done")
        until(qtbot, lambda: not window.session.threads and window.actions_["scan"].isEnabled())
        scan = opened(window, "scan", windows=2)
        assert "tiny" in scan.windowTitle()
        press(scan, "start")
        until(qtbot, lambda: not scan.work.running)
        (panel,) = scan.charts.panels
        assert isinstance(panel, HeatPanel)
        assert (panel.table.rowCount(), panel.table.columnCount()) == (4, 5)
        assert "suffers most" in scan.suggestions.labels[0].text()
        scan.close()
        age = opened(window, "age")
        press(age, "start")
        assert "choose the text" in str([row.error.text().lower() for row in age.settings.rows.values() if row.error])
        (tmp_path / "new.txt").write_text("To be, or not to be, that is the question. " * 9)
        age.settings.edited.emit("text", str(tmp_path / "new.txt"), False)
        press(age, "start")
        until(qtbot, lambda: not age.work.running)
        assert age.finding.state == "done", age.status.text()
        assert "bits per byte" in age.suggestions.labels[0].text()
        age.close()
