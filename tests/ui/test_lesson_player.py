"""A lesson before an audience: its keys, its lock, and the handout that is left of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from gpulab.spec.files import save
from gpulab.ui.learn import LearnPage
from gpulab.ui.learn.player import Player
from gpulab.ui.main_window import MainWindow
from tests.lessons.made import LESSON, written
from tests.ui.window import answer, tiny, until, window_on

CHOICES = """about = "prune.most.change.test_bits_per_byte"
choices = [{ name = "Same", below = 0.0 }, { name = "Worse", above = 0.0 }]
"""
CHOICE = LESSON.replace('unit = "percent"\nabout = "prune.most.change.test_bits_per_byte"\n', CHOICES)
BET, RUN, LAST = 0, 1, 3


class Stage:
    """A window that presents a lesson."""

    def __init__(self, window: MainWindow, folder: Path, qtbot: QtBot) -> None:
        self.window, self._folder, self._qtbot = window, folder, qtbot
        window.actions_["page_learn"].trigger()
        page = window.pages.shown
        assert isinstance(page, LearnPage)
        self.page, self.player = page, page.player

    def present(self, text: str = LESSON) -> Player:
        made = written(text, self._folder)
        made.path.write_text(text, encoding="utf-8")
        self.page.present_written(made)
        until(self._qtbot, lambda: self.player.work.show)
        return self.player

    @property
    def at(self) -> int:
        assert self.player.walk is not None
        return self.player.walk.at

    def press(self, *keys: Qt.Key) -> int:
        """Presses keys wherever the focus is; says which step that led to."""
        for key in keys:
            QTest.keyClick(self.window.focusWidget() or self.window, key)
        return self.at


@pytest.fixture
def stage(root: Path, qtbot: QtBot, tmp_path: Path) -> Iterator[Stage]:
    with window_on(root, qtbot) as window:
        yield Stage(window, tmp_path, qtbot)


def test_keys_lead_on_and_back_and_to_the_ends(stage: Stage) -> None:
    stage.present()
    stage.player.hindrance = lambda: "Something is at work."  # so that going on runs nothing
    assert stage.press(Qt.Key.Key_Space) == 1
    assert stage.press(Qt.Key.Key_PageDown, Qt.Key.Key_Right) == 3
    assert stage.press(Qt.Key.Key_Home) == 0
    assert stage.press(Qt.Key.Key_End) == LAST
    assert stage.press(Qt.Key.Key_PageUp, Qt.Key.Key_Left) == 1


def test_space_goes_on_whatever_was_clicked_before(stage: Stage) -> None:
    stage.present()
    stage.player.hindrance = lambda: "Something is at work."
    stage.press(Qt.Key.Key_End)
    QTest.mouseClick(stage.player.back, Qt.MouseButton.LeftButton)
    assert stage.at == LAST - 1
    assert stage.press(Qt.Key.Key_Space) == LAST


def test_a_remote_control_walks_even_while_somebody_types(stage: Stage) -> None:
    player = stage.present()
    stage.press(Qt.Key.Key_7)
    assert player.view.bet.guess.text() == "7"
    assert stage.press(Qt.Key.Key_Space) == BET  # a space in what is typed
    assert stage.press(Qt.Key.Key_PageDown) == RUN
    assert stage.press(Qt.Key.Key_PageUp) == BET


def test_letters_are_no_votes(stage: Stage) -> None:
    player = stage.present(CHOICE)
    assert player.walk is not None
    stage.press(Qt.Key.Key_S, Qt.Key.Key_W)
    assert not player.walk.guesses
    stage.press(Qt.Key.Key_2, Qt.Key.Key_2, Qt.Key.Key_1)
    assert [guess.value for guess in player.walk.guesses] == [1.0, 1.0, 0.0]


def test_a_locked_lesson_leaves_next_and_back_alone(stage: Stage) -> None:
    player = stage.present()
    parts = (player.shelf, player.handout, player.view.bet.guess, stage.window.menuBar(), stage.window.toolbar)
    assert all(part.isVisible() for part in parts)
    player.lock.click()
    assert not any(part.isVisible() for part in parts)
    assert not reaches_the_menus(stage.window)
    stage.press(Qt.Key.Key_5)
    assert player.walk is not None
    assert not player.walk.guesses
    assert stage.press(Qt.Key.Key_PageDown) == RUN
    assert not player.view.run.button.isVisible()
    player.set_locked(False)
    assert all(part.isVisible() for part in (player.shelf, player.view.run.button, stage.window.menuBar()))
    assert reaches_the_menus(stage.window)


@pytest.mark.parametrize("way", ["key", "button", "elsewhere"])
def test_who_wants_out_of_the_lock_is_asked(stage: Stage, way: str) -> None:
    player = stage.present()
    player.set_locked(True)
    match way:
        case "key":
            stage.press(Qt.Key.Key_Escape)
        case "button":
            player.lock.click()
        case "elsewhere":
            QTest.keyClick(stage.window, Qt.Key.Key_Escape)
    (box,) = player.findChildren(QMessageBox, "unlock_lesson")
    assert player.is_locked
    answer_in(box, "unlock")
    assert player.lock.text() == "Lock"
    assert player.handout.isVisible()


def test_a_file_dropped_on_a_locked_lesson_changes_nothing(stage: Stage, qtbot: QtBot, tmp_path: Path) -> None:
    player = stage.present()
    save(tiny("dropped"), tmp_path / "dropped.gpulab.toml")
    before = stage.window.form.experiment().name
    player.set_locked(True)
    drop(stage.window, tmp_path / "dropped.gpulab.toml")
    assert stage.window.form.experiment().name == before
    player.set_locked(False)
    drop(stage.window, tmp_path / "dropped.gpulab.toml")
    until(qtbot, lambda: stage.window.form.experiment().name == "dropped")


def test_a_locked_window_asks_before_it_closes(stage: Stage) -> None:
    player = stage.present()
    player.set_locked(True)
    assert not stage.window.close()
    answer(stage.window, "locked_dialog", "stay")
    assert player.is_locked
    assert stage.window.isVisible()
    assert not stage.window.close()
    answer(stage.window, "locked_dialog", "close")
    assert not stage.window.isVisible()


@pytest.mark.parametrize("ending", ["pdf", "html"])
def test_the_handout_is_written_where_it_is_asked_for(stage: Stage, ending: str, qtbot: QtBot, tmp_path: Path) -> None:
    player = stage.present()
    QTest.mouseClick(player.handout, Qt.MouseButton.LeftButton)
    dialog = player.findChild(QFileDialog, "export_report")
    assert dialog is not None
    out = tmp_path / f"hand.{ending}"
    dialog.fileSelected.emit(str(out))
    dialog.reject()
    until(qtbot, out.exists)
    assert out.read_bytes().startswith({"pdf": b"%PDF-", "html": b"<!doctype html>"}[ending])
    until(qtbot, lambda: "Wrote" in stage.window.status.currentMessage())


def test_a_handout_that_cannot_be_written_says_why(stage: Stage, qtbot: QtBot, tmp_path: Path) -> None:
    player = stage.present()
    player.handout.click()
    dialog = player.findChild(QFileDialog, "export_report")
    assert dialog is not None
    dialog.fileSelected.emit(str(tmp_path / "nowhere" / "hand.pdf"))
    dialog.reject()
    until(qtbot, lambda: stage.window.findChild(QMessageBox, "error_dialog"))
    (box,) = stage.window.findChildren(QMessageBox, "error_dialog")
    box.reject()


def answer_in(box: QMessageBox, name: str) -> None:
    next(button for button in box.buttons() if button.objectName() == name).click()


def drop(window: MainWindow, path: Path) -> None:
    """Lets a file fall on the window, as another program would."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    where, actions = QPointF(QPoint(300, 300)), Qt.DropAction.CopyAction
    window.dropEvent(QDropEvent(where, actions, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier))


def reaches_the_menus(window: MainWindow) -> bool:
    """Whether Alt+1, pressed in the window, would be looked up among the keys of its menus."""
    keys = Qt.KeyboardModifier.AltModifier
    event = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_1, keys)
    event.ignore()
    QApplication.sendEvent(window.focusWidget() or window, event)
    return not event.isAccepted()


def test_figures_are_gone_where_a_step_has_none(stage: Stage) -> None:
    player = stage.present()
    stage.press(Qt.Key.Key_End, Qt.Key.Key_Left)
    assert player.view.figures.isVisible()
    stage.press(Qt.Key.Key_Left)
    assert not player.view.figures.isVisible()
    assert player.view.chart.isVisible()
