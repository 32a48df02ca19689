"""A technique must say what it buys, costs, and why it cannot be used here."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from gpulab.spec.experiment import Experiment
from gpulab.ui.form import ExperimentPanel
from gpulab.ui.form.about_technique import AboutTechnique
from gpulab.ui.form.choice_field import ChoiceField
from tests.ui.form_hand import CARDS, card_of, row, said, shown_panel


@pytest.fixture
def panel(qtbot: QtBot) -> ExperimentPanel:
    return shown_panel(qtbot)


@pytest.mark.parametrize("name", CARDS)
def test_a_card_shows_what_it_buys_and_costs_once_it_is_on(panel: ExperimentPanel, name: str) -> None:
    card = card_of(panel, name)
    assert card.section is None
    card.switch.click()
    assert name in panel.experiment().techniques
    visible = [label.text() for label in card.findChildren(QLabel) if label.isVisible()]
    assert any("Buys" in text for text in visible)
    assert any("Costs" in text for text in visible)
    panel.undo_stack.undo()
    assert name not in panel.experiment().techniques
    assert not any("Buys" in label.text() for label in card.findChildren(QLabel) if label.isVisible())


def test_a_card_says_what_cannot_be_used_and_what_cannot_pay(panel: ExperimentPanel) -> None:
    mode = row(panel, "techniques.precision.mode")
    assert mode.note is not None
    assert "TF32: needs an NVIDIA GPU of compute capability 8.0" in mode.note.text()
    assert "This processor has no bf16 units" in mode.note.text()
    assert isinstance(mode.field, ChoiceField)
    tf32 = mode.field.model().index(mode.field.findData("tf32", Qt.ItemDataRole.UserRole), 0)
    assert not tf32.flags() & Qt.ItemFlag.ItemIsEnabled
    assert "needs an NVIDIA GPU" in tf32.data(Qt.ItemDataRole.ToolTipRole)


def test_sources_are_one_click_away(qtbot: QtBot, panel: ExperimentPanel) -> None:
    row(panel, "techniques.schedule.shape")
    card_of(panel, "schedule").about_asked.emit("schedule")
    about = panel.findChild(AboutTechnique)
    assert about is not None
    assert '<a href="https://arxiv.org/abs/1608.03983">' in about.sources.text()
    about.close()


def test_a_device_of_another_machine_is_shown_with_the_reason(panel: ExperimentPanel) -> None:
    panel.set_experiment(Experiment(device="cuda:3"))
    found = row(panel, "device")
    assert isinstance(found.field, ChoiceField)
    assert found.field.currentText() == "cuda:3"
    assert "not on this machine" in said(found)
