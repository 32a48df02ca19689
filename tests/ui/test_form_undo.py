"""Every change of the form must be one step that can be taken back."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gpulab.spec.experiment import Experiment
from gpulab.spec.presets import PRESETS, experiment_from
from gpulab.ui.form import ExperimentPanel
from gpulab.ui.form.choice_field import ChoiceField
from gpulab.ui.form.number_field import NumberField
from gpulab.ui.form.path_field import PathField
from gpulab.ui.form.switch_field import SwitchField
from gpulab.ui.form.text_field import TextField
from tests.ui.form_hand import CARDS, SETTINGS, WORKSTATION, card_of, row, shown_panel, type_into


@pytest.fixture
def panel(qtbot: QtBot) -> ExperimentPanel:
    return shown_panel(qtbot, WORKSTATION)


@pytest.mark.parametrize("path", SETTINGS)
def test_every_setting_can_be_taken_back(qtbot: QtBot, panel: ExperimentPanel, path: str) -> None:
    found = row(panel, path)
    before, steps = panel.experiment(), panel.undo_stack.index()
    match found.field:
        case NumberField() as number:
            number.stepBy(1)
        case SwitchField() as switch:
            switch.click()
        case ChoiceField() as choice:
            index = next(
                i
                for i in range(choice.count())
                if i != choice.currentIndex() and choice.model().index(i, 0).flags() & Qt.ItemFlag.ItemIsEnabled
            )
            choice.setCurrentIndex(index)
            choice.activated.emit(index)
        case TextField() | PathField():
            QTest.keyClicks(found.keys, "x")
    assert panel.undo_stack.index() == steps + 1
    assert SETTINGS[path].label in panel.undo_stack.undoText()
    after = panel.experiment()
    assert after != before
    panel.undo_stack.undo()
    assert panel.experiment() == before
    panel.undo_stack.redo()
    assert panel.experiment() == after


def test_presses_on_one_arrow_are_one_step(qtbot: QtBot, panel: ExperimentPanel) -> None:
    layers = row(panel, "model.n_layer")
    layers.keys.setFocus()
    for _ in range(3):
        QTest.keyClick(layers.keys, Qt.Key.Key_Up)
    assert panel.undo_stack.count() == 1
    assert panel.undo_stack.undoText() == "Change Layers to 7"
    for _ in range(3):
        QTest.keyClick(layers.keys, Qt.Key.Key_Down)
    assert panel.undo_stack.count() == 0  # there and back again is no change


def test_a_field_that_was_left_begins_a_new_step(qtbot: QtBot, panel: ExperimentPanel) -> None:
    type_into(qtbot, panel, "model.n_layer", "6")
    type_into(qtbot, panel, "model.n_layer", "8")
    assert panel.undo_stack.count() == 2
    panel.undo_stack.undo()
    assert row(panel, "model.n_layer").keys.text() == "6"  # type: ignore[attr-defined]


def test_ctrl_z_in_a_field_takes_back_the_form(qtbot: QtBot, panel: ExperimentPanel) -> None:
    found = type_into(qtbot, panel, "name", "Mine")
    QTest.keyClick(found.keys, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert panel.experiment().name == "GPT mini"
    QTest.keyClick(found.keys, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert panel.experiment().name == "Mine"


def test_what_was_typed_is_left_as_it_was_typed(qtbot: QtBot, panel: ExperimentPanel) -> None:
    found = type_into(qtbot, panel, "training.learning_rate", "0.00030")
    assert panel.experiment().training.learning_rate == 3e-4
    assert found.keys.text() == "0.00030"  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_one_step(panel: ExperimentPanel, name: str) -> None:
    picker = panel.body.header.picker
    index = list(PRESETS).index(name)
    picker.setCurrentIndex(index)
    picker.activated.emit(index)
    assert panel.experiment().model == PRESETS[name].model
    assert panel.undo_stack.count() == (0 if name == "mini" else 1)
    panel.undo_stack.undo()
    assert panel.experiment() == Experiment()
    assert picker.currentText() == "GPT mini"


def test_an_opened_experiment_is_one_step(qtbot: QtBot, panel: ExperimentPanel) -> None:
    opened = experiment_from("nano")
    with qtbot.waitSignal(panel.experiment_changed) as told:
        panel.set_experiment(opened, "Open nano")
    assert told.args == [opened]
    assert panel.undo_stack.undoText() == "Open nano"
    panel.undo_stack.undo()
    assert panel.experiment() == Experiment()


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(sorted(set(SETTINGS) - {"data.path"})), st.one_of(st.integers(-3, 300), st.text(max_size=4))
        ),
        st.tuples(st.just("switch"), st.sampled_from(CARDS)),
        st.tuples(st.just("preset"), st.sampled_from(sorted(PRESETS))),
    ),
    max_size=8,
)


def perform(panel: ExperimentPanel, what: str, value: int | str) -> None:
    """What a person does with a field, a switch or the list of presets."""
    if what == "switch":
        card_of(panel, str(value)).switch.click()
    elif what == "preset":
        panel.body.header.picker.picked.emit(value)
    else:
        panel.body.edited.emit(what, value, False)
        panel.body.settled.emit(what)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_taking_everything_back_ends_where_it_began(panel: ExperimentPanel, steps: list[tuple[str, int | str]]) -> None:
    began = panel.model.state
    for what, value in steps:
        perform(panel, what, value)
    while panel.undo_stack.canUndo():
        panel.undo_stack.undo()
    assert not panel.model.state.changed(began)
    assert panel.experiment() == began.experiment
    assert panel.problems() == []
    panel.undo_stack.clear()
