"""The Learn page: its shelves by keyboard, techniques tried in the Lab, and the status bar after the presenter."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QStatusTipEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gpulab.ui.learn import LearnPage
from gpulab.ui.main_window import MainWindow
from gpulab.ui.theme import DARK, LIGHT
from gpulab.viewmodels.learning.shelf import LessonCard
from tests.ui.window import window_on

LESSONS = (
    LessonCard("one_step", "What is one step", "Prediction, error, update.", "optimizer_kernel", 2),
    LessonCard("pruning", "What pruning takes away", "Half of the weights go.", "pruning", 3, card="A2"),
    LessonCard("normalization", "In range", "Numbers that stay healthy.", "normalization", 2, card="A6"),
    LessonCard("sending", "Sending less", "Two workers.", "", 2, card="A7", needs="two_cuda", met=False),
    LessonCard("bullet", "A magic bullet", "Is it?", "data_transfer", 1, misconception="magic_bullet"),
)


def learn_page(window: MainWindow) -> LearnPage:
    window.actions_["page_learn"].trigger()
    page = window.pages.shown
    assert isinstance(page, LearnPage)
    return page


def test_a_technique_is_tried_in_the_lab_and_taken_back(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        page = learn_page(window)
        page.techniques.show_family("A2")
        tile = next(card for card in page.techniques.cards if card.card.name == "pruning")
        assert "pruning" not in window.form.experiment().techniques
        tile.button.click()
        assert window.pages.current == "lab"
        assert "pruning" in window.form.experiment().techniques
        window.actions_["undo"].trigger()
        assert "pruning" not in window.form.experiment().techniques


def test_a_technique_is_found_by_its_name(qtbot: QtBot, root: Path) -> None:
    with window_on(root, qtbot) as window:
        page = learn_page(window)
        page.techniques.line.setText("dropout")
        assert page.techniques.list.currentItem().text() == "Regularization"
        assert "dropout" in {tile.card.name for tile in page.techniques.cards}
        page.techniques.line.setText("xyzzy")
        assert page.techniques.list.count() == 0
        assert not page.techniques.cards
        page.set_theme(DARK, 1.55)
        page.set_theme(LIGHT, 1.0)


def test_what_came_while_the_status_bar_was_hidden_is_not_drawn_over_it(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.present(True)
        QApplication.sendEvent(window, QStatusTipEvent("Large type and only what matters."))
        QTest.keyClick(window, Qt.Key.Key_Escape)
        assert window.status.isVisible()
        assert window.status.currentMessage()
        assert not window.status.words.isVisible()
        QApplication.sendEvent(window, QStatusTipEvent(""))
        assert window.status.words.isVisible()
