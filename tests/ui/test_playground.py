"""The Playground by hand: models write side by side, heads are looked into, a room guesses; mistakes cost nothing."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gpulab.spec.experiment import Experiment
from gpulab.techniques import BY_NAME
from gpulab.ui.main_window import MainWindow
from gpulab.ui.page_wiring import playground_page
from gpulab.ui.playground import PlaygroundPage
from gpulab.ui.playground.tasting_tab import TastingTab
from gpulab.viewmodels.playground.tasting import Tasting
from tests.engine.support import run
from tests.ui.window import tiny, until, window_on


def compressed() -> Experiment:
    """A tiny training whose model is stored in 8 bits afterwards."""
    return msgspec.structs.replace(
        tiny("small", steps=10), techniques={"quantization": BY_NAME["quantization"].Settings()}
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of one finished run with two models."""
    root = tmp_path_factory.mktemp("written") / "runs"
    root.mkdir()
    run(root / "20261123-120000-small-0000", compressed())
    return root


def opened(window: MainWindow, qtbot: QtBot) -> PlaygroundPage:
    """The page, with the models of the runs that are there."""
    window.actions_["page_playground"].trigger()
    page = playground_page(window)
    until(qtbot, lambda: page.asking.models[0])
    return page


def test_two_models_write_and_the_first_different_letter_is_marked(finished: Path, qtbot: QtBot) -> None:
    with window_on(finished, qtbot) as window:
        page = opened(window, qtbot)
        assert page.asking.names == ("small", "small, compressed")
        QTest.mouseClick(page.asking.start, Qt.MouseButton.LeftButton)
        assert page.running
        assert window.deeds.busy
        until(qtbot, lambda: not page.running)
        texts = {key: side.text.toPlainText() for key, side in page.sides.items()}
        prompt = page.asking.prompt.toPlainText()
        assert all(text.startswith(prompt) and len(text) > len(prompt) + 50 for text in texts.values())
        parted = page._writing.parted
        for key, side in page.sides.items():
            marks = side.text.extraSelections()
            assert len(marks) == (parted is not None)
            if parted is not None:
                assert marks[0].cursor.selectedText() == texts[key][len(prompt) + parted].replace("\n", "\u2029")
        assert page.status.text()


def test_a_look_inside_shows_every_head(finished: Path, qtbot: QtBot) -> None:
    with window_on(finished, qtbot) as window:
        page = opened(window, qtbot)
        page.tabs.setCurrentIndex(1)
        page.begin()
        until(qtbot, lambda: page.attention.buttons)
        tokens = len(page.asking.prompt.toPlainText())
        assert set(page.attention.buttons) == {(layer, head) for layer in range(2) for head in range(2)}
        assert page.attention.map.row == tokens - 1
        QTest.keyClick(page.attention.map, Qt.Key.Key_Up)
        assert page.attention.map.row == tokens - 2
        QTest.keyClick(page.attention.buttons[1, 0], Qt.Key.Key_Return)
        assert "Layer 2, head 1" in page.attention.title.text()
        assert page.attention.says.rowCount() == 3
        assert page.minimumSizeHint().width() < 1240, "a window that fits on a small screen must not grow beyond it"
        row = page.attention.row
        assert row.minimumSizeHint().width() < row.fontMetrics().horizontalAdvance(page.asking.prompt.toPlainText())


def test_a_blind_test_ends_in_an_answer(finished: Path, qtbot: QtBot) -> None:
    with window_on(finished, qtbot) as window:
        page = opened(window, qtbot)
        page.tabs.setCurrentIndex(2)
        page.asking.pickers[1].choose(None)
        page.begin()
        assert "two different models" in page.status.text()
        assert not page.running
        page.tasting.begin(Tasting("a lot of words here " * 200, "other words are there " * 200, 1), "the second")
        test = page.tasting.tasting
        assert test is not None
        while (now := test.now) is not None:
            page.tasting.buttons[0 if now.second_left else 1].click()
        assert test.right == len(test.rounds)
        assert "can tell" in page.tasting.head.text()


def test_the_buttons_of_the_blind_test_stay_where_they_are(qtbot: QtBot) -> None:
    tab = TastingTab()
    qtbot.addWidget(tab)
    tab.resize(900, 500)
    tab.show()
    tab.begin(Tasting("short " * 200, "long lines \n" * 100, 1), "the second")
    places = set()
    assert tab.tasting is not None
    while tab.tasting.now is not None:
        QApplication.processEvents()
        places.add(tuple(button.mapTo(tab, QPoint(0, 0)).toTuple() for button in tab.buttons))
        before = len(tab.tasting.guesses)
        QTest.keyClick(tab.buttons[before % 2], Qt.Key.Key_Return)
        assert len(tab.tasting.guesses) == before + 1, "Return presses too"
    assert len(places) == 1


def test_a_prompt_that_no_token_spells_is_said_at_the_prompt(finished: Path, qtbot: QtBot) -> None:
    with window_on(finished, qtbot) as window:
        page = opened(window, qtbot)
        page.asking.prompt.setPlainText("☃")
        page.begin()
        until(qtbot, lambda: not page.running)
        assert "☃" in page.status.text() + page.asking._wrong.text()


def test_a_prompt_beyond_the_context_is_said_by_the_model_s_own_name(finished: Path, qtbot: QtBot) -> None:
    with window_on(finished, qtbot) as window:
        page = opened(window, qtbot)
        page.asking.prompt.setPlainText("to be or not to be " * 40)
        page.begin()
        until(qtbot, lambda: not page.running)
        assert "“small”" in page.status.text()
        assert "“small, compressed”" in page.status.text()
        bar = page.sides["a"].text.verticalScrollBar()
        assert bar.value() == bar.maximum(), "what is written must be in sight"
