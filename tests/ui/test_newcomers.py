"""What went wrong for a person who had never seen the window before."""

from __future__ import annotations

from pathlib import Path

import msgspec
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QStatusTipEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gpulab.runs import folder
from gpulab.spec import files
from gpulab.ui.main_window import MainWindow
from tests.ui.form_hand import card_of, row
from tests.ui.window import tiny, until, window_on

LONG = 100_000


def training(window: MainWindow, qtbot: QtBot) -> None:
    window.form.set_experiment(tiny("long", LONG))
    window.actions_["run"].trigger()
    until(qtbot, lambda: window.session.active and window.session.active.step > 1)


def finish(window: MainWindow, qtbot: QtBot) -> None:
    window.session.order_all("stop")
    until(qtbot, lambda: not window.session.threads)


def test_space_holds_the_training_wherever_the_keys_are(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.activateWindow()
        switch = card_of(window.form, "lower_casing").switch
        switch.setFocus()
        QTest.keyClick(switch, Qt.Key.Key_Space)
        assert switch.isChecked(), "without a training Space is the switch's"
        QTest.keyClick(switch, Qt.Key.Key_Space)
        training(window, qtbot)
        run = window.session.active
        assert run is not None
        switch.setFocus()
        QTest.keyClick(switch, Qt.Key.Key_Space)
        assert not switch.isChecked()
        until(qtbot, lambda: run.state == "paused")
        name = row(window.form, "name").keys
        name.setFocus()
        QTest.keyClick(name, Qt.Key.Key_Space)
        assert " " in name.text()  # type: ignore[attr-defined]
        qtbot.wait(300)
        assert run.state == "paused"
        finish(window, qtbot)


def test_hints_do_not_cover_the_status_of_a_training(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        QApplication.sendEvent(window, QStatusTipEvent("a hint"))
        assert window.status.currentMessage() == "a hint"
        window.status.clearMessage()
        training(window, qtbot)
        QApplication.sendEvent(window, QStatusTipEvent("a hint"))
        assert window.status.currentMessage() != "a hint"
        finish(window, qtbot)


def test_show_me_belongs_to_no_file(root: Path, qtbot: QtBot, tmp_path: Path) -> None:
    with window_on(root, qtbot) as window:
        window.form.set_experiment(tiny("mine"))
        window.files.save_to(tmp_path / f"mine{files.SUFFIX}")
        until(qtbot, lambda: window.files.path)
        steps = window.form.undo_stack.index()
        window.files.show_new(tiny("shown"), "Show me")
        assert window.files.path is None
        assert "shown" in window.windowTitle()
        assert window.form.undo_stack.index() == steps + 1


def test_the_menu_and_the_charts_know_one_state_of_the_axes(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        assert window.charts.grid is not None
        window.charts.grid.controls.log_y.click()
        assert window.actions_["log_y"].isChecked()
        window.actions_["log_x"].trigger()
        assert window.charts.grid.controls.log_x.isChecked()
        assert window.charts.grid.controls.log_y.isChecked()


def test_who_leaves_starts_nothing_more(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.queue.end()
        window.queue.add(tiny("next"))
        until(qtbot, lambda: window.session.records and not window.background.busy)
        qtbot.wait(200)
        assert not window.session.threads


def test_the_form_is_as_it_was_left(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.form.set_experiment(tiny("half done", 77))
    with window_on(root, qtbot) as window:
        assert window.form.experiment() == tiny("half done", 77)
        assert not window.form.undo_stack.canUndo()
    QSettings().setValue("form/experiment", "damaged [")
    with window_on(root, qtbot) as window:
        assert window.form.experiment().name == "GPT mini"


def test_a_text_beside_its_experiment_is_found(root: Path, qtbot: QtBot, tmp_path: Path) -> None:
    experiment = tiny("mine")
    data = msgspec.structs.replace(experiment.data, path="own.txt")
    text = tmp_path / "own.txt"
    text.write_text("To be, or not to be. " * 400, encoding="utf-8")
    files.save(msgspec.structs.replace(experiment, data=data), tmp_path / f"mine{files.SUFFIX}")
    with window_on(root, qtbot) as window:
        window.files.open(tmp_path / f"mine{files.SUFFIX}")
        until(qtbot, lambda: window.form.experiment().name == "mine")
        assert window.form.experiment().data.path == str(text)


def test_what_waits_can_be_told_apart(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        training(window, qtbot)
        window.form.set_experiment(tiny("next"))
        card_of(window.form, "lower_casing").switch.click()
        label = card_of(window.form, "lower_casing").card.label
        window.queue.add(window.form.experiment())
        window.queue.add(tiny("last"))
        until(qtbot, lambda: window.queue.list.count() == 2)
        assert [window.queue.list.item(at).text() for at in (0, 1)] == [f"1. next  ({label})", "2. last  (–)"]
        window.queue.end()
        finish(window, qtbot)


def test_a_run_from_elsewhere_appears_and_disturbs_nobody(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        mine = folder.create(root, tiny("mine"))
        window.session.look()
        until(qtbot, lambda: mine.name in window.session.records)
        window.session.set_current(mine.name)
        other = folder.create(root, tiny("other"))
        until(qtbot, lambda: other.name in window.session.records)
        assert window.session.current_id == mine.name
