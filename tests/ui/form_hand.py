"""What a hand does with the form, for the tests of its parts."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gpulab.hardware.machine import Machine
from gpulab.hardware.nvidia import Gpu
from gpulab.spec.setting import Setting, Value
from gpulab.ui.form import ExperimentPanel
from gpulab.ui.form.card import TechniqueCard
from gpulab.ui.form.choice_field import ChoiceField
from gpulab.ui.form.family_box import FamilyBox
from gpulab.ui.form.row import Row
from gpulab.ui.form.switch_field import SwitchField
from gpulab.ui.theme import LIGHT
from gpulab.viewmodels.form import FormModel
from gpulab.viewmodels.values import shown

MACHINE = Machine("a processor", cores=2, memory_bytes=8 << 30)
_GPUS = tuple(Gpu(index, "NVIDIA X", 80 << 30, (9, 0)) for index in range(2))
WORKSTATION = Machine("a processor", 8, 64 << 30, _GPUS, compiler=True, python_headers=True, triton=True)
"""What every technique can be used on."""
NEEDED = {"gradient_compression": "data_parallel"}
"""Techniques that only mean something beside another."""
SETTINGS = FormModel(MACHINE).settings
NUMBERS = [path for path, setting in SETTINGS.items() if setting.kind in ("int", "float")]
CARDS = ("normalization", "precision", "schedule", "pruning", "quantization")


def shown_panel(qtbot: QtBot, machine: Machine = MACHINE) -> ExperimentPanel:
    """The form, on a laptop without a GPU where no other machine is given, as the window shows it."""
    made = ExperimentPanel(machine, LIGHT)
    qtbot.addWidget(made)
    made.resize(320, 720)
    made.show()
    qtbot.waitExposed(made)
    return made


def family_of(panel: ExperimentPanel, name: str) -> FamilyBox:
    """The family of a technique, folded or not."""
    assert panel.body.techniques is not None
    return next(box for box in panel.body.techniques.families.values() if name in box.family.names)


def card_of(panel: ExperimentPanel, name: str) -> TechniqueCard:
    """The card of a technique; its family is unfolded where it is not."""
    box = family_of(panel, name)
    if not box.head.unfolded:
        box.head.click()
    return box.cards[name]


def switch_on(panel: ExperimentPanel, name: str) -> None:
    """Switches a technique on, and before it the one that it needs."""
    if name in NEEDED and NEEDED[name] not in panel.model.state.on:
        switch_on(panel, NEEDED[name])
    switch = card_of(panel, name).switch
    assert switch.isEnabled(), name
    if not switch.isChecked():
        switch.click()


def row(panel: ExperimentPanel, path: str) -> Row:
    """The row of a setting; its card is switched on where it has one."""
    if path.startswith("techniques."):
        switch_on(panel, path.split(".")[1])
    panel.set_advanced(True)
    setting = panel.model.settings[path]
    if not setting.matters(panel.model.state.values):
        decide(row(panel, setting.decided_by), setting.when[1][0])
    return next(section.rows[path] for section in panel.body.sections() if path in section.rows)


def decide(deciding: Row, value: Value) -> None:
    """Picks `value` where it decides whether another setting matters."""
    match deciding.field:
        case SwitchField() as switch:
            switch.click()
        case ChoiceField() as choice:
            index = choice.findData(value, Qt.ItemDataRole.UserRole)
            choice.setCurrentIndex(index)
            choice.activated.emit(index)


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
