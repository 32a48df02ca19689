"""Each arm's mark, the same in table, charts, cards and list: a colour, a dash and a shape, never colour alone."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from gpulab.ui.theme import Theme, run_style

SYMBOLS = ("o", "s", "t1", "d", "p", "star", "h", "t")
_POINTED = 1.35  # shapes with points look smaller than they are
_SHARP = 2.0


def symbol_of(place: int) -> str:
    """The shape of the arm at `place`, the baseline being 0."""
    return SYMBOLS[place % len(SYMBOLS)]


def size_of(place: int, size: float) -> float:
    """How large its shape must be drawn to look `size` large."""
    return size if symbol_of(place) in "os" else size * _POINTED


def pen_of(place: int, theme: Theme, width: float = 2.2) -> QPen:
    """The pen of its curves."""
    color, dash = run_style(place, theme)
    pen = QPen(color, width, dash, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.RoundJoin)
    pen.setCosmetic(True)  # its width is pixels, whatever the axes count
    return pen


def paint_mark(painter: QPainter, center: QPointF, place: int, theme: Theme, size: float, filled: bool = True) -> None:
    """Draws the shape of the arm at `place`, `size` pixels large."""
    color = run_style(place, theme)[0]
    side = size_of(place, size)
    painter.save()
    painter.translate(center)
    painter.scale(side, side)
    pen = QPen(color, 0.0 if filled else 1.6 / side)
    painter.setPen(Qt.PenStyle.NoPen if filled else pen)
    painter.setBrush(color if filled else QColor(theme.surface))
    painter.drawPath(pg.graphicsItems.ScatterPlotItem.Symbols[symbol_of(place)])
    painter.restore()


def mark_icon(place: int, theme: Theme, side: int) -> QIcon:
    """The shape as a small picture."""
    picture = QPixmap(round(side * _SHARP), round(side * _SHARP))
    picture.setDevicePixelRatio(_SHARP)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_mark(painter, QPointF(side / 2, side / 2), place, theme, side * 0.62)
    painter.end()
    return QIcon(picture)


class Mark(QWidget):
    """The shape beside a name."""

    def __init__(self, place: int, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._place, self._theme = place, theme
        side = round(self.fontMetrics().height() * 0.95)
        self.setFixedSize(side, side)

    def set_theme(self, theme: Theme) -> None:
        """Draws in other colours, at the size of the type."""
        self._theme = theme
        side = round(self.fontMetrics().height() * 0.95)
        self.setFixedSize(side, side)
        self.update()

    def paintEvent(self, event: object) -> None:
        """Draws it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        paint_mark(painter, area.center(), self._place, self._theme, area.height() * 0.68)
