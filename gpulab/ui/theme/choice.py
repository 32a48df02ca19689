"""Keeps the application's look: follows the system's light or dark unless a person chose, and the presenter's scale."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication

from gpulab.ui.theme.colours import DARK, LIGHT, Theme
from gpulab.ui.theme.look import apply

Mode = Literal["system", "light", "dark"]

_CHOSEN = "look_chosen"


def system_theme(app: QApplication) -> Theme:
    """What the desktop asks for; light where it does not say."""
    return DARK if app.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT


def chosen_look(app: QApplication) -> ThemeChoice | None:
    """The one that `app` has already. Searching where there is none loads what the first paint can spare."""
    return app.findChild(ThemeChoice) if app.property(_CHOSEN) else None


class ThemeChoice(QObject):
    """The one place that applies a theme. `changed` carries the `Theme` and the scale after each change."""

    changed = Signal(object, float)

    def __init__(self, app: QApplication, mode: Mode = "system", scale: float = 1.0) -> None:
        super().__init__(app)
        app.setProperty(_CHOSEN, True)
        self._app = app
        self.mode: Mode = mode
        self.scale = scale
        self.theme = self._wanted()
        apply(app, self.theme, scale)
        app.styleHints().colorSchemeChanged.connect(self._follow)

    def set_mode(self, mode: Mode) -> None:
        """Follows the system, or stays light or dark."""
        self.mode = mode
        self._refresh()

    def set_scale(self, scale: float) -> None:
        """Sets the size of the type, 1.0 being normal."""
        self.scale = scale
        self._refresh()

    def _wanted(self) -> Theme:
        return {"system": system_theme(self._app), "light": LIGHT, "dark": DARK}[self.mode]

    def _follow(self) -> None:
        if self.mode == "system":
            self._refresh()

    def _refresh(self) -> None:
        self.theme = self._wanted()
        apply(self._app, self.theme, self.scale)
        self.changed.emit(self.theme, self.scale)
