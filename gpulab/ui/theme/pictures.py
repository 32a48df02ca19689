"""The small drawings of what a technique does, in the theme's colours and crisp at any size and pixel ratio."""

from __future__ import annotations

import re
from functools import cache

from PySide6.QtCore import QByteArray, QEvent, QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy, QWidget

from gpulab.resources import resource
from gpulab.ui.theme.colours import Theme

_SHAPE = 3.0
"""Width by height: every drawing is 120 by 40."""
_COLOUR = re.compile(r"var\(--([a-z]+)[^)]*\)")
_NAMED = {"soft": "selection", "ground": "surface"}
_WEAK = 0.45


@cache
def has_picture(name: str) -> bool:
    """Whether there is a drawing called `name`."""
    return resource("pictures", f"{name}.svg").is_file()


@cache
def picture_svg(name: str, theme: Theme) -> str:
    """The drawing `name` with the theme's colours in it; FileNotFoundError if there is none."""
    text = resource("pictures", f"{name}.svg").read_text("utf-8")
    return _COLOUR.sub(lambda found: getattr(theme, _NAMED.get(found[1], found[1])), text)


class Picture(QWidget):
    """One drawing, `lines` lines of text high; paler while it is disabled."""

    def __init__(self, name: str, theme: Theme, lines: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._theme, self._lines = name, theme, lines
        self._drawn: QSvgRenderer | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_picture(self, name: str) -> None:
        """Shows another drawing."""
        if name != self._name:
            self._name = name
            self._forget()

    def set_theme(self, theme: Theme) -> None:
        """Draws in other colours."""
        self._theme = theme
        self._forget()

    def sizeHint(self) -> QSize:
        """As high as so many lines of text, and as wide as the drawing then is."""
        height = self.fontMetrics().height() * self._lines
        return QSize(round(height * _SHAPE), round(height))

    def minimumSizeHint(self) -> QSize:
        """The same: a drawing is never cut."""
        return self.sizeHint()

    def changeEvent(self, event: QEvent) -> None:
        """Fades when it is disabled, and grows with the type."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws it as lines and shapes, at whatever pixel ratio the screen has."""
        if self._drawn is None:
            self._drawn = QSvgRenderer(QByteArray(picture_svg(self._name, self._theme).encode()))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(1.0 if self.isEnabled() else _WEAK)
        width = min(float(self.width()), self.height() * _SHAPE)
        height = width / _SHAPE
        self._drawn.render(painter, QRectF(0, (self.height() - height) / 2, width, height))

    def _forget(self) -> None:
        self._drawn = None
        self.update()
