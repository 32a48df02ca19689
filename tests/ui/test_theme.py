"""Text, curves and icons must be readable in both themes, and the look must not depend on the machine's own."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QFontInfo, QIcon, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gpulab.resources import resource
from gpulab.ui.theme import DARK, LIGHT, Switch, Theme, ThemeChoice, apply, contrast, icon, run_style
from gpulab.ui.theme.look import disabled, style_sheet

BOTH = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
NEEDED = [
    "play",
    "pause",
    "step",
    "stop",
    "queue",
    "compare",
    "open",
    "save",
    "duplicate",
    "undo",
    "redo",
    "sun",
    "moon",
    "theme",
    "presenter",
    "help",
    "trash",
    "folder",
    "warning",
    "info",
    "danger",
    "check",
    "search",
]


@BOTH
def test_text_is_readable_on_every_ground(theme: Theme) -> None:
    for ground in (theme.window, theme.surface, theme.raised, theme.field, theme.selection):
        assert contrast(theme.text, ground) >= 4.5
    for ground in (theme.window, theme.surface, theme.raised):
        for words in (theme.muted, theme.info, theme.warning, theme.danger, theme.good):
            assert contrast(words, ground) >= 4.5, (words, ground)
    assert contrast(theme.accent_text, theme.accent) >= 4.5
    assert contrast(theme.text, theme.progress) >= 4.5
    assert contrast(disabled(theme), theme.surface) >= 3


@BOTH
def test_curves_and_focus_rings_stand_out(theme: Theme) -> None:
    for colour in (*theme.runs, theme.accent):
        assert contrast(colour, theme.surface) >= 3
        assert contrast(colour, theme.window) >= 3


@BOTH
def test_runs_tell_apart_by_colour_and_dash(theme: Theme) -> None:
    styles = [(color.name(), dash) for color, dash in (run_style(index, theme) for index in range(12))]
    assert len(set(styles)) == 12
    for first, second in itertools.pairwise(styles):
        assert first[0] != second[0]
        assert first[1] != second[1]


@BOTH
def test_icons_are_drawn_sharp_at_any_size(qtbot: QtBot, theme: Theme) -> None:
    for name in NEEDED:
        drawn = icon(name, theme)
        for side in (16, 40, 96):
            picture = drawn.pixmap(QSize(side, side)).toImage()
            assert picture.width() == side
            inked = [picture.pixelColor(x, y) for x in range(side) for y in range(side)]
            solid = [colour.name() for colour in inked if colour.alpha() > 250]
            assert any(colour.alpha() > 120 for colour in inked), name
            assert side < 96 or solid.count(theme.text) > len(solid) * 0.7, name
    weak = icon("play", theme).pixmap(QSize(32, 32), QIcon.Mode.Disabled).toImage()
    assert weak.pixelColor(13, 16).name() == disabled(theme)


def test_a_missing_icon_is_named() -> None:
    with pytest.raises(KeyError, match="unicorn"):
        icon("unicorn", LIGHT)


@BOTH
def test_the_application_wears_the_theme(qapp: QApplication, theme: Theme) -> None:
    apply(qapp, theme, 1.5)
    assert QFontInfo(qapp.font()).family() == "Inter"
    assert qapp.font().pointSizeF() == pytest.approx(15)
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == theme.window
    bold = QFont(qapp.font())
    bold.setWeight(QFont.Weight.DemiBold)
    assert QFontInfo(bold).weight() == QFont.Weight.DemiBold
    assert "$" not in style_sheet(theme)


def test_fonts_come_with_their_licence() -> None:
    assert "SIL Open Font License" in resource("fonts", "OFL.txt").read_text("utf-8")
    assert sum(path.stat().st_size for path in resource("fonts").iterdir()) < 1_500_000


def test_a_choice_is_kept_until_it_is_changed(qapp: QApplication, qtbot: QtBot) -> None:
    choice = ThemeChoice(qapp, "dark")
    assert choice.theme is DARK
    with qtbot.waitSignal(choice.changed) as said:
        choice.set_mode("light")
    assert said.args == [LIGHT, 1.0]
    choice.set_scale(1.5)
    assert choice.scale == 1.5
    choice.deleteLater()


def test_a_switch_works_by_mouse_and_keyboard(qtbot: QtBot) -> None:
    switch = Switch("Mixed precision")
    qtbot.addWidget(switch)
    switch.show()
    QTest.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert switch.isChecked()
    QTest.keyClick(switch, Qt.Key.Key_Space)
    assert not switch.isChecked()
    assert not switch.grab().isNull()
