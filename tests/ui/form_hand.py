"""What a hand does with the form, for the tests of its parts."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gpulab.hardware.machine import Machine
from gpulab.spec.setting import Setting
from gpulab.ui.form import ExperimentPanel
from gpulab.ui.form.card import TechniqueCard
from gpulab.ui.form.row import Row
from gpulab.ui.theme import LIGHT
from gpulab.viewmodels.form import FormModel
from gpulab.viewmodels.values import shown

MACHINE = Machine("a processor", cores=2, memory_bytes=8 << 30)
SETTINGS = FormModel(MACHINE).settings
NUMBERS = [path for path, setting in SETTINGS.items() if setting.kind in ("int", "float")]
CARDS = ("normalization", "precision", "schedule", "pruning", "quantization")


def shown_panel(qtbot: QtBot) -> ExperimentPanel:
    """The form on a laptop without a GPU, as the window shows it."""
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
