"""Whatever is typed must stay on the screen, with what is wrong told at the field."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import Problem
from gpulab.ui.form import ExperimentPanel
from gpulab.viewmodels.values import shown
from tests.ui.form_hand import NUMBERS, SETTINGS, WORKSTATION, beyond, row, said, shown_panel, type_into


@pytest.fixture
def panel(qtbot: QtBot) -> ExperimentPanel:
    return shown_panel(qtbot, WORKSTATION)


@pytest.mark.parametrize("path", NUMBERS)
def test_limits_are_told_at_the_field(qtbot: QtBot, panel: ExperimentPanel, path: str) -> None:
    legal = panel.experiment()
    for text in beyond(SETTINGS[path]):
        found = type_into(qtbot, panel, path, text)
        assert said(found).startswith(f"{text} is outside what is allowed") or said(found)
        assert "allowed" in said(found)
        assert found.keys.text() == text  # type: ignore[attr-defined]
        assert path in {problem.field for problem in panel.problems()}
    for _ in range(panel.undo_stack.index()):
        panel.undo_stack.undo()
    assert panel.problems() == []
    assert panel.experiment() == legal


@pytest.mark.parametrize("path", NUMBERS)
def test_nonsense_stays_until_it_is_put_right(qtbot: QtBot, panel: ExperimentPanel, path: str) -> None:
    for text in ("abc", "", "nan", "1,5", "--3"):
        found = type_into(qtbot, panel, path, text)
        assert said(found)
        assert found.keys.text() == text  # type: ignore[attr-defined]
    type_into(qtbot, panel, path, shown(SETTINGS[path].default))
    assert said(found) == ""
    assert panel.problems() == []


def test_one_wrong_field_does_not_freeze_the_size(qtbot: QtBot, panel: ExperimentPanel) -> None:
    type_into(qtbot, panel, "training.learning_rate", "fast")
    panel.body.header.picker.picked.emit("gpt2-xl")
    assert panel.body.header.picker.currentText() == "GPT-2 XL"
    assert panel.experiment() == Experiment()
    type_into(qtbot, panel, "training.learning_rate", "0.001")
    assert panel.body.header.strip.parameters.text().endswith("G")


def test_nobody_is_told_off_in_the_middle_of_a_number(qtbot: QtBot, panel: ExperimentPanel) -> None:
    found = row(panel, "model.n_embd")
    found.keys.setFocus()
    found.field.selectAll()  # type: ignore[union-attr]
    QTest.keyClicks(found.keys, "25")
    assert panel.problems()
    assert not said(row(panel, "model.n_head"))
    QTest.keyClicks(found.keys, "6")
    assert panel.experiment().model.n_embd == 256
    QTest.keyClick(found.keys, Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: bool(said(row(panel, "model.n_head"))))


def test_heads_that_do_not_divide_are_told_at_the_heads(qtbot: QtBot, panel: ExperimentPanel) -> None:
    with qtbot.waitSignal(panel.validity_changed) as told:
        found = type_into(qtbot, panel, "model.n_head", "3")
    assert told.args == [False]
    assert "3 heads do not divide a width of 128" in said(found)
    assert panel.experiment().model.n_head == 4


def test_no_figures_are_shown_while_a_field_is_wrong(qtbot: QtBot, panel: ExperimentPanel) -> None:
    parameters = panel.body.header.strip.parameters
    before = parameters.text()
    type_into(qtbot, panel, "model.n_head", "3")
    assert parameters.text() == "–"
    panel.undo_stack.undo()
    assert parameters.text() == before


def test_three_texts_too_short_are_told_once(panel: ExperimentPanel) -> None:
    found = [
        Problem(
            "text_too_short", "model.context_length", {"split": split, "tokens": 1, "context_length": 9, "needed": 10}
        )
        for split in ("training", "validation", "test")
    ]
    panel.show_problems(found)
    assert said(row(panel, "model.context_length")).count("Use a longer text") == 1


def test_the_bundled_text_is_greyed_beside_an_own_one(qtbot: QtBot, panel: ExperimentPanel, tmp_path: Path) -> None:
    corpus = row(panel, "data.corpus")
    assert corpus.field.isEnabled()
    type_into(qtbot, panel, "data.path", str(tmp_path / "own.txt"))
    assert not corpus.field.isEnabled()
    assert corpus.note is not None
    assert "own text" in corpus.note.text()
    panel.undo_stack.undo()
    assert corpus.field.isEnabled()
    assert not corpus.note.text()


def test_an_empty_name_is_told(qtbot: QtBot, panel: ExperimentPanel) -> None:
    assert said(type_into(qtbot, panel, "name", "")) == "An experiment needs a name."


def test_problems_from_outside_stay_until_something_changes(qtbot: QtBot, panel: ExperimentPanel) -> None:
    panel.show_problems([Problem("text_too_short", "model.context_length"), Problem("file_exists", "", {"path": "x"})])
    assert said(row(panel, "model.context_length"))
    assert panel.problems() == []
    assert any("x already exists" in label.text() for label in panel.findChildren(QLabel) if label.isVisible())
    type_into(qtbot, panel, "model.n_layer", "2")
    assert not said(row(panel, "model.context_length"))


def test_a_wrong_advanced_setting_shows_in_simple_mode(qtbot: QtBot, panel: ExperimentPanel) -> None:
    found = type_into(qtbot, panel, "training.eval_interval", "0")
    panel.set_advanced(False)
    assert found.field.isVisible()
    panel.undo_stack.undo()
    assert not found.field.isVisible()


def test_a_missing_text_is_told_once_it_was_looked_for(qtbot: QtBot, panel: ExperimentPanel, tmp_path: Path) -> None:
    found = type_into(qtbot, panel, "data.path", str(tmp_path / "none.txt"))
    qtbot.waitUntil(lambda: "no file or folder" in said(found))
    assert {problem.field for problem in panel.problems()} == {"data.path"}


def test_an_own_text_is_counted_away_from_the_window(qtbot: QtBot, panel: ExperimentPanel, tmp_path: Path) -> None:
    text = tmp_path / "own.txt"
    text.write_text("abcabc " * 400, encoding="utf-8")
    before = panel.body.header.strip.parameters
    known = before.text()
    type_into(qtbot, panel, "data.path", str(text))
    qtbot.waitUntil(lambda: before.text() != known)
    assert panel.problems() == []
