"""The form must be usable by hand: typing, stepping, picking, switching, taking back, finding."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from gpulab.hardware.machine import Machine
from gpulab.spec.experiment import Experiment
from gpulab.spec.presets import PRESETS, experiment_from
from gpulab.spec.problem import Problem
from gpulab.spec.setting import Setting
from gpulab.ui.finder import Finder
from gpulab.ui.form import ExperimentPanel
from gpulab.ui.form.about_technique import AboutTechnique
from gpulab.ui.form.card import TechniqueCard
from gpulab.ui.form.choice_field import ChoiceField
from gpulab.ui.form.number_field import NumberField
from gpulab.ui.form.path_field import PathField
from gpulab.ui.form.row import Row
from gpulab.ui.form.switch_field import SwitchField
from gpulab.ui.form.text_field import TextField
from gpulab.ui.theme import DARK, LIGHT, Theme, apply
from gpulab.viewmodels.form import FormModel
from gpulab.viewmodels.values import shown

MACHINE = Machine("a processor", cores=2, memory_bytes=8 << 30)
SETTINGS = FormModel(MACHINE).settings
NUMBERS = [path for path, setting in SETTINGS.items() if setting.kind in ("int", "float")]
CARDS = ("normalization", "precision", "schedule", "pruning", "quantization")


@pytest.fixture
def panel(qtbot: QtBot) -> ExperimentPanel:
    made = ExperimentPanel(MACHINE, LIGHT)
    qtbot.addWidget(made)
    made.resize(320, 720)
    made.show()
    qtbot.waitExposed(made)
    return made


def card_of(panel: ExperimentPanel, name: str) -> TechniqueCard:
    return panel.body.cards[name]


def row(panel: ExperimentPanel, path: str) -> Row:
    """The row of a setting; its card is switched on where it has one."""
    if path.startswith("techniques."):
        card = card_of(panel, path.split(".")[1])
        if not card.switch.isChecked():
            card.switch.click()
    panel.set_advanced(True)
    return next(section.rows[path] for section in panel.body.sections() if path in section.rows)


def type_into(qtbot: QtBot, panel: ExperimentPanel, path: str, text: str) -> Row:
    """Replaces what a field says by `text`, letter by letter, and leaves it with Enter."""
    found = row(panel, path)
    found.keys.setFocus()
    found.keys.selectAll()  # type: ignore[attr-defined]
    QTest.keyClick(found.keys, Qt.Key.Key_Delete)
    QTest.keyClicks(found.keys, text)
    QTest.keyClick(found.keys, Qt.Key.Key_Return)
    return found


def said(found: Row) -> str:
    """The sentence below a field, empty where none is shown."""
    return found.error.text() if found.error and found.error.isVisible() else ""


def beyond(setting: Setting) -> list[str]:
    assert setting.low is not None
    assert setting.high is not None
    kind = int if setting.kind == "int" else float
    return [shown(kind(setting.low - 1)), shown(kind(setting.high * 2 + 1))]


# --- limits, nonsense, errors at the field ---


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
@pytest.mark.parametrize("text", ["abc", "", "nan", "1,5", "--3"])
def test_nonsense_stays_until_it_is_put_right(qtbot: QtBot, panel: ExperimentPanel, path: str, text: str) -> None:
    found = type_into(qtbot, panel, path, text)
    assert said(found)
    assert found.keys.text() == text  # type: ignore[attr-defined]
    type_into(qtbot, panel, path, shown(SETTINGS[path].default))
    assert said(found) == ""
    assert panel.problems() == []


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


# --- own text ---


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


# --- undo ---


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


# --- techniques ---


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


# --- keyboard, wheel, finding ---


@pytest.mark.parametrize("path", [*SETTINGS, *(f"techniques.{name}" for name in CARDS)])
def test_any_setting_can_be_brought_into_view(panel: ExperimentPanel, path: str) -> None:
    panel.activateWindow()
    panel.focus_setting(path)
    focused = panel.focusWidget()
    assert focused is not None
    if path.startswith("techniques."):  # while its card is off, the switch comes first
        assert focused is card_of(panel, path.split(".")[1]).switch
    else:
        assert focused is row(panel, path).keys
    assert panel.rect().contains(focused.mapTo(panel, QPoint(0, 0)))
    assert focused.isVisible()


def test_tab_walks_down_the_column(panel: ExperimentPanel) -> None:
    panel.set_advanced(True)
    for name in CARDS:
        card_of(panel, name).switch.click()
    QApplication.processEvents()
    first = row(panel, "model.n_layer").keys
    heights: list[int] = []
    at: QWidget | None = first
    for _ in range(400):
        assert at is not None
        if at.focusPolicy() & Qt.FocusPolicy.TabFocus and at.isVisible() and at.focusProxy() is None:
            heights.append(at.mapTo(panel, QPoint(0, 0)).y())
        at = at.nextInFocusChain()
        if at is first or at is row(panel, "name").keys:
            break
    assert len(heights) > 30
    assert all(after >= before - 6 for before, after in pairwise(heights))


def test_the_wheel_scrolls_the_form_and_changes_nothing(panel: ExperimentPanel) -> None:
    for path in ("model.n_layer", "data.corpus"):
        field = row(panel, path).field
        turn = QWheelEvent(
            QPointF(5, 5), QPointF(field.mapToGlobal(QPoint(5, 5))), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(field, turn)
    assert panel.experiment() == Experiment()


@pytest.mark.parametrize("path", SETTINGS)
def test_every_field_explains_itself(panel: ExperimentPanel, path: str) -> None:
    found = row(panel, path)
    assert SETTINGS[path].label in found.keys.accessibleName()
    assert found.field.toolTip()
    assert path in found.field.whatsThis()
    assert found.label.buddy() is found.keys


def test_the_finder_finds_settings_and_actions(qtbot: QtBot, panel: ExperimentPanel) -> None:
    action = QAction("&Run experiment", panel)
    finder = Finder(panel.settings(), [action], panel)
    finder.setting_chosen.connect(panel.focus_setting)
    finder.show_at(panel)
    QTest.keyClicks(finder.line, "seed")
    QTest.keyClick(finder.line, Qt.Key.Key_Return)
    assert panel.focusWidget() is row(panel, "training.seed").keys
    finder.show_at(panel)
    QTest.keyClicks(finder.line, "run exp")
    with qtbot.waitSignal(action.triggered):
        QTest.keyClick(finder.line, Qt.Key.Key_Return)
    assert not finder.isVisible()


# --- looks ---


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_nothing_is_cut_and_nothing_scrolls_sideways(
    qapp: QApplication, qtbot: QtBot, theme: Theme, scale: float
) -> None:
    font = qapp.font()
    apply(qapp, theme, scale)
    panel = ExperimentPanel(MACHINE, theme)
    qtbot.addWidget(panel)
    panel.set_advanced(True)
    for name in CARDS:
        card_of(panel, name).switch.click()
    panel.resize(panel.minimumSizeHint().width(), 700)
    panel.show()
    qtbot.waitExposed(panel)
    QApplication.processEvents()
    assert panel.minimumSizeHint().width() <= 330 * scale
    for child in panel.findChildren(QWidget):
        if (
            child.isVisible()
            and child.parentWidget()
            and not isinstance(child, QLabel)
            and child.minimumSizeHint().isValid()
        ):
            assert child.width() >= min(child.minimumSizeHint().width(), 300), child
    assert panel.body.width() <= panel.width()
    qapp.setFont(font)
    qapp.setStyleSheet("")


def test_the_form_brings_nothing_heavy() -> None:
    code = (
        "import sys; import gpulab.ui.form, gpulab.ui.finder; "
        "print([name for name in ('torch', 'numpy', 'scipy', 'pyqtgraph') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
