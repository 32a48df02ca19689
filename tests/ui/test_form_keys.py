"""The form must be usable by keyboard, by search, in every size and colour."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from gpulab.spec.experiment import Experiment
from gpulab.ui.finder import Finder
from gpulab.ui.form import ExperimentPanel
from gpulab.ui.theme import DARK, LIGHT, Theme, apply
from tests.ui.form_hand import CARDS, MACHINE, SETTINGS, WORKSTATION, card_of, row, shown_panel


@pytest.fixture
def panel(qtbot: QtBot) -> ExperimentPanel:
    return shown_panel(qtbot, WORKSTATION)


@pytest.mark.parametrize("path", [*SETTINGS, *(f"techniques.{name}" for name in CARDS)])
def test_any_setting_can_be_brought_into_view(panel: ExperimentPanel, path: str) -> None:
    panel.activateWindow()
    known = SETTINGS.get(path)
    deciding = known.decided_by if known and not known.matters(panel.model.state.values) else ""
    panel.focus_setting(path)
    focused = panel.focusWidget()
    assert focused is not None
    assert panel.rect().contains(focused.mapTo(panel, QPoint(0, 0)))
    assert focused.isVisible()
    if path.startswith("techniques."):  # while its card is off, the switch comes first
        assert focused is card_of(panel, path.split(".")[1]).keys()
    else:  # what matters only beside another choice leads to that one
        assert focused is row(panel, deciding or path).keys


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
        field.setFocus()
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


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_nothing_is_cut_and_nothing_scrolls_sideways(
    qapp: QApplication, qtbot: QtBot, theme: Theme, scale: float
) -> None:
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


def test_the_form_brings_nothing_heavy() -> None:
    code = (
        "import sys; import gpulab.ui.form, gpulab.ui.finder; "
        "print([name for name in ('torch', 'numpy', 'scipy', 'pyqtgraph') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
