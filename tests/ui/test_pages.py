"""From page to page: the Lab comes back as it was, an audience sees what the page is for, closing loses nothing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gpulab.ui.main_window import MainWindow
from gpulab.ui.page_wiring import compare_page, playground_page
from tests.ui.window import window_on


def arranged(window: MainWindow) -> list[bool]:
    return [dock.isVisible() for dock in window.places.docks]


def test_keys_and_tabs_turn_the_pages_and_the_lab_comes_back_as_it_was(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.places.story.hide()
        before = arranged(window)
        window.actions_["page_compare"].trigger()
        assert window.pages.current == "compare"
        assert compare_page(window).isVisible()
        assert not any(arranged(window))
        bar = window.pages._bar
        QTest.keyClick(bar, Qt.Key.Key_Right)
        assert window.pages.current == "playground"
        assert playground_page(window).isVisible()
        assert not compare_page(window).isVisible()
        window.actions_["page_lab"].trigger()
        assert bar.currentIndex() == 0
        assert arranged(window) == before
        assert window.charts.isVisible()


def test_a_window_that_closes_on_another_page_opens_with_its_lab_whole(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.places.story.hide()
        window.actions_["page_compare"].trigger()
    with window_on(root, qtbot) as window:
        assert window.pages.current == "lab"
        assert arranged(window) == [True, False, True]


def test_an_audience_is_led_from_page_to_page(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        before = arranged(window)
        window.actions_["presenter"].trigger()
        window.actions_["page_playground"].trigger()
        page = playground_page(window)
        assert not page.asking.isVisible()
        QTest.keyClick(window, Qt.Key.Key_Right)
        assert page.tabs.currentIndex() == 1
        QTest.keyClick(window, Qt.Key.Key_Left)
        assert page.tabs.currentIndex() == 0
        window.actions_["page_lab"].trigger()
        assert arranged(window) == [False, True, False], "of the Lab an audience sees charts and story"
        window.actions_["page_playground"].trigger()
        QTest.keyClick(window, Qt.Key.Key_Escape)
        assert page.asking.isVisible()
        window.actions_["page_lab"].trigger()
        assert arranged(window) == before
