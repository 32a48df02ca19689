"""Dresses the application: Fusion, our own palette and a short style sheet; native themes leave gaps in dark."""

from __future__ import annotations

from string import Template

import msgspec
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from gpulab.resources import resource
from gpulab.ui.theme.colours import Theme

FAMILY = "Inter"
FUSION = "fusion"
"""The property of an application that has this style already: asking for the style itself takes 5 ms."""
_LOADED = "fonts_loaded"
FALLBACKS = [FAMILY, "Segoe UI", "SF Pro Text", "Noto Sans", "DejaVu Sans"]
BASE_PT = 10.0

STYLE = """
QToolTip { background: $raised; color: $text; border: 1px solid $strong_border; padding: 5px 7px; }
QMenuBar, QToolBar { background: $surface; border: none; border-bottom: 1px solid $border; spacing: 4px; }
QToolBar { padding: 5px 8px; }
QStatusBar { background: $surface; border-top: 1px solid $border; color: $muted; }
QStatusBar::item { border: none; }
QStatusBar QLabel { padding-left: 8px; }
QTabWidget::pane { border: none; }
QTabBar { qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: $muted; border: none; border-bottom: 2px solid transparent;
    padding: 4px 2px; margin: 0 10px 4px 2px; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; font-weight: 600; }
QTabBar#pages::tab { margin-top: 5px; }
QTabBar::tab:hover, QTabBar::tab:focus { color: $text; }
QTabBar::tab:focus { background: $selection; }
QFrame[card="true"] { background: $surface; border: 1px solid $border; border-radius: 8px; }
QFrame[card="true"][severity="warning"] { border: 1px solid $warning; }
QFrame[card="true"][severity="danger"] { border: 1px solid $danger; }
QFrame[card="true"][pressable="true"]:hover { background: $raised; border-color: $strong_border; }
QFrame[card="true"][pressable="true"]:focus { border: 2px solid $accent; }
QFrame[member="true"] { border: none; border-top: 1px solid $border; }
QFrame[member="true"]:focus { border: 2px solid $accent; border-radius: 4px; }
QLabel[chip="true"] { background: $selection; color: $text; border-radius: 8px; padding: 1px 6px; }
QLabel[muted="true"] { color: $muted; }
QLabel[severity="warning"] { color: $warning; }
QLabel[severity="danger"] { color: $danger; }
QLabel[severity="good"] { color: $good; }
QLabel[heading="true"] { font-weight: 600; }
QPushButton, QToolButton[boxed="true"] { background: $raised; border: 1px solid $strong_border; border-radius: 6px;
    padding: 5px 12px; }
QToolButton[boxed="true"] { padding: 3px 8px; }
QToolButton[boxed="true"]:checked { background: $selection; border-color: $accent; }
QPushButton:hover, QToolButton:hover { background: $selection; }
QPushButton:disabled { color: $disabled; border-color: $border; }
QPushButton:focus, QToolButton:focus { border: 2px solid $accent; padding: 4px 11px; }
QToolButton { border: 2px solid transparent; border-radius: 6px; padding: 4px 7px; }
QToolButton:focus { padding: 4px 7px; }
QToolButton:checked { background: $selection; }
QPushButton[primary="true"], QToolButton[primary="true"] { background: $accent; color: $accent_text;
    border: 2px solid $accent; font-weight: 600; padding: 4px 12px; }
QPushButton[primary="true"]:hover, QToolButton[primary="true"]:hover { background: $accent_hover; }
QPushButton[primary="true"]:focus, QToolButton[primary="true"]:focus { border: 2px solid $text; }
QPushButton[primary="true"]:disabled, QToolButton[primary="true"]:disabled { background: $raised; color: $disabled;
    border-color: $border; }
QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit, QTextEdit { background: $field; color: $text;
    border: 1px solid $strong_border; border-radius: 5px; selection-background-color: $accent;
    selection-color: $accent_text; }
QLineEdit, QAbstractSpinBox, QComboBox { padding: 3px 7px; }
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus, QTextEdit:focus {
    border: 2px solid $accent; }
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus { padding: 2px 6px; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled { color: $disabled; border-color: $border; }
QAbstractSpinBox > QLineEdit { border: none; padding: 0 2px; background: transparent; }
QProgressBar { background: $field; border: 1px solid $strong_border; border-radius: 5px; text-align: center;
    color: $text; }
QProgressBar::chunk { background: $progress; border-radius: 4px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: none; width: 18px; background: transparent; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: $selection; }
QAbstractSpinBox::up-arrow { image: url($icons/spin-up.svg); width: 12px; height: 12px; }
QAbstractSpinBox::down-arrow, QComboBox::down-arrow { image: url($icons/spin-down.svg); width: 12px; height: 12px; }
QComboBox::drop-down { border: none; width: 22px; }
QCheckBox::indicator, QAbstractItemView::indicator { width: 14px; height: 14px; border: 1px solid $muted;
    border-radius: 4px; background: $field; }
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked { background: $accent; border-color: $accent;
    image: url($icons/tick-$name.svg); }
QCheckBox::indicator:disabled { border-color: $border; background: $surface; }
QCheckBox::indicator:focus { border: 2px solid $accent; width: 12px; height: 12px; }
QAbstractItemView { background: $surface; alternate-background-color: $raised; border: 1px solid $border;
    selection-background-color: $selection; selection-color: $text; }
QHeaderView::section { background: $surface; color: $muted; border: none; border-bottom: 1px solid $border;
    padding: 5px 8px; font-weight: 600; }
QHeaderView, QTableCornerButton::section { background: $surface; border: none; }
QTableCornerButton::section { border-bottom: 1px solid $border; }
QTableView::item { padding: 0 8px; }
QScrollBar { background: transparent; border: none; }
QScrollBar:vertical { width: 10px; }
QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: $strong_border; border: none; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover, QScrollBar::handle:pressed { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; border: none; background: none; }
QScrollBar::add-page, QScrollBar::sub-page { background: none; }
QScrollArea, QScrollArea > QWidget > QWidget[clear="true"] { background: transparent; border: none; }
QSplitter::handle, QMainWindow::separator { background: $window; width: 6px; height: 6px; }
QMainWindow::separator:hover, QSplitter::handle:hover { background: $border; }
"""


def apply(app: QApplication, theme: Theme, scale: float = 1.0) -> None:
    """Gives `app` the theme; `scale` enlarges the type (presenter mode uses about 1.5)."""
    load_fonts()
    if not app.property(FUSION):
        app.setStyle("Fusion")
        app.setProperty(FUSION, True)
    font = QFont()
    font.setFamilies(FALLBACKS)
    font.setPointSizeF(BASE_PT * scale)
    app.setFont(font)
    app.setPalette(palette(theme))
    app.setStyleSheet(style_sheet(theme))


def load_fonts() -> None:
    """Registers the bundled fonts once."""
    app = QApplication.instance()
    if app is None or app.property(_LOADED):  # asking for the list of families would read every font of the system
        return
    app.setProperty(_LOADED, True)
    for path in sorted(resource("fonts").glob("Inter-*.otf")):
        QFontDatabase.addApplicationFont(str(path))


def palette(theme: Theme) -> QPalette:
    """The palette that Fusion paints with."""
    roles = QPalette.ColorRole
    colours = {
        roles.Window: theme.window,
        roles.WindowText: theme.text,
        roles.Base: theme.field,
        roles.AlternateBase: theme.raised,
        roles.Text: theme.text,
        roles.PlaceholderText: theme.muted,
        roles.Button: theme.raised,
        roles.ButtonText: theme.text,
        roles.BrightText: theme.danger,
        roles.ToolTipBase: theme.raised,
        roles.ToolTipText: theme.text,
        roles.Highlight: theme.accent,
        roles.HighlightedText: theme.accent_text,
        roles.Accent: theme.accent,
        roles.Link: theme.info,
        roles.LinkVisited: theme.info,
        roles.Light: theme.raised,
        roles.Midlight: theme.border,
        roles.Mid: theme.strong_border,
        roles.Dark: theme.strong_border,
        roles.Shadow: theme.window if theme.dark else theme.strong_border,
    }
    result = QPalette()
    for role, colour in colours.items():
        result.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, role, QColor(disabled(theme)))
    result.setColor(QPalette.ColorGroup.Disabled, roles.Highlight, QColor(theme.strong_border))
    return result


def style_sheet(theme: Theme) -> str:
    """The style sheet with the theme's colours in it."""
    names = {name: value for name, value in msgspec.structs.asdict(theme).items() if isinstance(value, str)}
    return Template(STYLE).substitute(
        names, icons=resource("icons").as_posix(), disabled=disabled(theme), accent_hover=accent_hover(theme)
    )


def disabled(theme: Theme) -> str:
    """Text of what cannot be used now: weaker, still readable, because its reason is worth reading."""
    return "#7d8795" if theme.dark else "#7a8494"


def accent_hover(theme: Theme) -> str:
    """The accent under the mouse."""
    return "#7bbaff" if theme.dark else "#0f55a5"
