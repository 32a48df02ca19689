"""From page to page: the Lab comes back as it was, an audience sees what the page is for, closing loses nothing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gpulab.comparisons import folder as folders
from gpulab.comparisons import variants
from gpulab.comparisons.beginning import beginning
from gpulab.events.documents import RunEnded
from gpulab.events.log import EventLog
from gpulab.spec.comparison import Rules
from gpulab.ui.main_window import MainWindow
from gpulab.ui.page_wiring import compare_page, playground_page
from tests.ui.window import answer, tiny, until, window_on


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


def test_no_page_and_no_large_type_widens_the_window_for_good(root: Path, qtbot: QtBot) -> None:
    small = QSize(1280, 720)
    with window_on(root, qtbot) as window:
        window.resize(small)
        window.actions_["presenter"].trigger()
        window.actions_["page_compare"].trigger()
        assert window.size() == small
        window.actions_["presenter"].trigger()
        window.actions_["page_lab"].trigger()
        QApplication.processEvents()
        assert window.size() == small
        assert window.rect().contains(window.statusBar().geometry())


def test_what_a_wide_window_remembered_opens_on_a_small_screen(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.resize(1920, 1050)
        window.actions_["page_compare"].trigger()
        window.resize(1280, 720)
        window.actions_["page_lab"].trigger()
        QApplication.processEvents()
        assert window.corner(Qt.Corner.BottomRightCorner) == Qt.DockWidgetArea.BottomDockWidgetArea
        assert window.width() == 1280


def test_before_an_audience_every_tool_is_in_reach_on_a_small_screen(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.resize(1280, 720)
        window.actions_["presenter"].trigger()
        window.actions_["page_playground"].trigger()
        QApplication.processEvents()
        assert window.toolbar.widgetForAction(window.actions_["presenter"]).isVisible()
        assert window.toolbar.sizeHint().width() <= window.width() == 1280


def test_the_lab_says_what_is_at_work_elsewhere_and_closing_tells_that_it_goes_on(root: Path, qtbot: QtBot) -> None:
    made = variants.with_and_without(tiny(), "dropout", Rules(least_seeds=2, most_seeds=2))
    with window_on(root, qtbot) as window:
        page = compare_page(window)
        folder = folders.create(page.root, *made)
        with EventLog(folder) as log:  # who holds its record is at work on it
            log.append([beginning(made[0])])
            page.look()
            until(qtbot, lambda: "is at work" in window.status.words.text())
            assert made[0].name in window.status.words.text()
            assert "another page" in window.story.now.title.text()
            assert window.deeds.busy
            window.close()
            assert window.isVisible()
            answer(window, "close_dialog", "cancel")
            log.append([RunEnded(status="done", step=0, reason="comparison_decided", arguments={"seeds": 2})])
        page.look()
        until(qtbot, lambda: not page.running)
        until(qtbot, lambda: "Nothing is running" in window.story.now.title.text())
