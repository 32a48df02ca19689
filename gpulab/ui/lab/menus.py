"""Lays the actions out in menus and on the toolbar."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QFont
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QMainWindow,
    QMenu,
    QMenuBar,
    QSizePolicy,
    QToolBar,
    QToolButton,
    QWidget,
)

from gpulab.spec.presets import PRESETS
from gpulab.ui.lab.actions import Actions
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Mode, Theme, icon

LINE = "-"
_KEPT = "kept_icon"

MENUS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "file",
        "&File",
        (
            "open",
            "save",
            "save_as",
            LINE,
            "import_text",
            "import_folder",
            LINE,
            "open_run",
            "replay",
            LINE,
            "report",
            "pack",
            "unpack",
            "record",
            LINE,
            "export",
            LINE,
            "quit",
        ),
    ),
    ("edit", "&Edit", ("undo", "redo", LINE, "duplicate", "copy_command", "copy_form", LINE, "find")),
    (
        "run",
        "&Run",
        (
            "run",
            "queue",
            LINE,
            "pause",
            "continue",
            "step",
            "stop",
            LINE,
            "profile",
            LINE,
            "resume",
            LINE,
            "show",
            "hide",
            "rename",
            "folder",
            "delete",
            "undelete",
        ),
    ),
    (
        "tune",
        "&Tune",
        (
            "tune",
            LINE,
            "find_lr",
            "find_batch",
            "search",
            LINE,
            "scan",
            "doses",
            "age",
            "bias",
            "watch",
            "guard",
            LINE,
            "generate",
        ),
    ),
    (
        "compare",
        "&Compare",
        (
            "compare_with",
            "compare_each",
            "compare_all",
            "compare_variants",
            "compare_doses",
            LINE,
            "compare_runs",
        ),
    ),
    (
        "view",
        "&View",
        (
            "page_lab",
            "page_compare",
            "page_playground",
            "page_hardware",
            "page_learn",
            "ceilings",
            LINE,
            "presenter",
            "full_screen",
            LINE,
            "log_x",
            "log_y",
            "device_strips",
            LINE,
            "runs",
            "queued",
            LINE,
            "move_panels",
        ),
    ),
    ("help", "&Help", ("show_me", "gallery", LINE, "whats_this", "shortcuts", "describe", "doctor", "bench", LINE)),
)

ROW_MENU = (
    "show",
    "hide",
    "compare_runs",
    "duplicate",
    "copy_command",
    "report",
    "pack",
    "resume",
    "profile",
    "scan",
    "doses",
    "age",
    "bias",
    "watch",
    "guard",
    "generate",
    "export",
    "rename",
    "folder",
    "delete",
)


TOOLS_LEFT = ("run", "pause", "continue", "step", "stop", "queue")
TOOLS_RIGHT = ("presenter", "theme", "whats_this")


def build_menus(window: QMainWindow) -> dict[str, QMenu]:
    """The menu bar and its menus by name, which `fill_menus` fills after the first paint."""
    bar = QMenuBar(window)
    menus = {name: QMenu(said(title), bar) for name, title, _ in MENUS}
    for menu in menus.values():
        bar.addMenu(menu)
    window.setMenuBar(bar)
    return menus


def fill_menus(menus: Mapping[str, QMenu], actions: Actions) -> None:
    """Puts every action into its menu, from when on its keys work; others add to the menus after that."""
    for name, _, entries in MENUS:
        menu = menus[name]
        menu.setToolTipsVisible(True)
        for entry in entries:
            if entry == LINE:
                menu.addSeparator()
            else:
                menu.addAction(actions[entry])


def add_presets(menu: QMenu, chosen: Callable[[str], None], before: QAction) -> QMenu:
    """`New from preset`: what `init` does on the command line."""
    presets = QMenu(said("&New from preset"), menu)
    presets.menuAction().setObjectName("verb:init")
    presets.menuAction().setProperty("verb", "init")
    for preset in PRESETS.values():
        action = presets.addAction(f"{preset.name}: {said(preset.purpose)}")
        action.setObjectName(f"preset:{preset.name}")
        action.triggered.connect(lambda _=False, name=preset.name: chosen(name))
    menu.insertMenu(before, presets)
    return presets


def add_modes(menu: QMenu, mode: Mode, chosen: Callable[[Mode], None]) -> QActionGroup:
    """Light, dark, or as the system says."""
    group = QActionGroup(menu)
    modes: tuple[tuple[Mode, str], ...] = (("system", "As the &system"), ("light", "&Light"), ("dark", "&Dark"))
    inside = menu.addMenu(said("&Colours"))
    for key, words in modes:
        action = inside.addAction(said(words))
        action.setObjectName(f"mode:{key}")
        action.setCheckable(True)
        action.setChecked(key == mode)
        action.triggered.connect(lambda _=False, wanted=key: chosen(wanted))
        group.addAction(action)
    return group


def build_toolbar(window: QMainWindow, actions: Actions, pages: QWidget) -> QToolBar:
    """Name, pages and the run's controls at the left, looks and help at the right."""
    bar = QToolBar(said("Toolbar"), window)
    bar.setObjectName("toolbar")
    bar.setMovable(False)
    bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    name = QLabel(said("GPU Lab"))
    name.setObjectName("app_name")
    name.setProperty("heading", True)
    name.setContentsMargins(4, 0, 10, 0)
    bar.addWidget(name)
    bar.addWidget(pages)
    bar.addActions([actions[each] for each in TOOLS_LEFT])
    room = QWidget()
    room.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    bar.addWidget(room)
    bar.addActions([actions[each] for each in TOOLS_RIGHT])
    primary = bar.widgetForAction(actions["run"])
    assert isinstance(primary, QToolButton)
    primary.setProperty("primary", True)
    # Qt gives the button its action's own picture at every change of the action.
    actions["run"].changed.connect(lambda: primary.setIcon(primary.property(_KEPT) or actions["run"].icon()))
    _reachable(bar.findChildren(QToolButton))
    window.addToolBar(bar)
    return bar


def _reachable(buttons: Iterable[QToolButton]) -> None:
    """Tool buttons leave the keyboard out unless they are told not to."""
    for button in buttons:
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)


def dress_toolbar(bar: QToolBar, actions: Actions, theme: Theme, scale: float) -> None:
    """Icons grow with the type, and large ones stand without words, or no small screen would hold them all.

    The primary button's icon is drawn in its own text colour.
    """
    side = round(16 * scale)
    bar.setIconSize(QSize(side, side))
    style = Qt.ToolButtonStyle
    bar.setToolButtonStyle(style.ToolButtonIconOnly if scale > 1.0 else style.ToolButtonTextBesideIcon)
    primary = bar.widgetForAction(actions["run"])
    if isinstance(primary, QToolButton):
        primary.setProperty(_KEPT, icon("play", theme, theme.accent_text))
        primary.setIcon(primary.property(_KEPT))
    name = bar.findChild(QLabel, "app_name")
    if name is not None:
        font = QFont(QApplication.font())
        font.setPointSizeF(font.pointSizeF() * 1.2)
        font.setWeight(QFont.Weight.DemiBold)
        name.setFont(font)
