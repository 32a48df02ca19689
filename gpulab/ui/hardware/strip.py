"""A small picture of one figure over the last minutes: filled, without axes, for beside the figure itself."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gpulab.ui.theme import Theme

_FILL = 0.18
_GRID = 4


class Strip(QWidget):
    """Draws (seconds before now, value) points; a None value is a gap, `top` the scale's end, 0 the largest value."""

    def __init__(self, theme: Theme, span_s: float) -> None:
        super().__init__()
        self._theme, self._span_s = theme, span_s
        self._points: Sequence[tuple[float, float | None]] = ()
        self._top, self._colour = 0.0, theme.accent
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:
        return QSize(160, round(self.fontMetrics().height() * 2.4))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, round(self.fontMetrics().height() * 1.6))

    def show_points(self, points: Sequence[tuple[float, float | None]], top: float, colour: str) -> None:
        """Shows `points` in place of what was shown, in `colour` ("#rrggbb")."""
        self._points, self._top, self._colour = points, top, colour
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Colours; the line's own comes with the next points."""
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Quarters as faint lines, then each stretch without a gap, filled."""
        painter = QPainter(self)
        painter.setPen(QPen(QColor(self._theme.grid), 1))
        for line in range(_GRID + 1):
            y = round(line * (self.height() - 1) / _GRID) + 0.5
            painter.drawLine(QPointF(0, y), QPointF(self.width(), y))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for stretch in self._stretches():
            self._draw(painter, stretch)
        painter.end()

    def _draw(self, painter: QPainter, stretch: list[QPointF]) -> None:
        fill = QColor(self._colour)
        fill.setAlphaF(_FILL)
        floor = float(self.height())
        ground = [QPointF(stretch[0].x(), floor), *stretch, QPointF(stretch[-1].x(), floor)]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawPolygon(QPolygonF(ground))
        painter.setPen(QPen(QColor(self._colour), 1.6))
        painter.drawPolyline(QPolygonF(stretch))

    def _stretches(self) -> list[list[QPointF]]:
        values = [value for _, value in self._points if value is not None]
        top = self._top or 1.1 * max(values, default=0.0) or 1.0
        room = self.height() - 3
        found: list[list[QPointF]] = [[]]
        for seconds, value in self._points:
            if value is None:
                found.append([])
            else:
                x = self.width() * (1.0 + seconds / self._span_s)
                found[-1].append(QPointF(x, 1.5 + room * (1.0 - min(value / top, 1.0))))
        return [stretch for stretch in found if len(stretch) > 1]
