"""A small picture of one figure over time: filled, without axes, for beside the figure itself."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gpulab.ui.theme import Theme
from gpulab.viewmodels.hardware.history import Point

_FILL = 0.18
_GRID = 4
_HALF_LINE = 0.3  # a line is drawn twice, so far above and below its place
_KEY_STEPS = 60


class Strip(QWidget):
    """Draws points from `low` to `high`; a None value is a gap, `top` the scale's end, 0 for the largest value.

    `pointed` carries the share of the width at which the mouse or the keyboard is, None when it has left. `place` puts
    a point's place and the end of the strip into words; without it the mark has no words, as where there is no room.
    """

    pointed = Signal(object)

    def __init__(self, theme: Theme, place: Callable[[float, float], str] | None = None, lines: float = 2.4) -> None:
        super().__init__()
        self._theme, self._place, self._lines = theme, place, lines
        self._points: Sequence[Point] = ()
        self._low, self._high, self._top, self._colour = 0.0, 1.0, 0.0, theme.accent
        self._mark: float | None = None
        self._painted: object = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)

    def sizeHint(self) -> QSize:
        return QSize(160, round(self.fontMetrics().height() * self._lines))

    def minimumSizeHint(self) -> QSize:
        return QSize(40, round(self.fontMetrics().height() * self._lines))

    def show_points(self, points: Sequence[Point], low: float, high: float, top: float, colour: str) -> None:
        """Shows `points`, ascending, in place of the former, in `colour` ("#rrggbb"); paints what is seen to move."""
        self._points, self._low, self._high, self._top, self._colour = points, low, high, top, colour
        if (seen := self._seen()) != self._painted:
            self._painted = seen
            self.update()

    def _seen(self) -> object:
        """Equal for two sets of points of which nobody sees the difference: less than a pixel lies between them."""
        value = self._points[-1][1] if self._points else None
        top, scale = self._scale_end, self.width() / ((self._high - self._low) or 1.0)
        height = None if value is None else round(self.height() * min(value / top, 1.0))
        place = self.mark_words if self._mark is not None else ""
        return round(self._low * scale), height, round(top, 6), self._colour, bool(self._points), self.size(), place

    @property
    def _scale_end(self) -> float:
        values = (point[1] for point in self._points if point[1] is not None)
        return self._top or 1.1 * max(values, default=0.0) or 1.0

    def set_mark(self, share: float | None) -> None:
        """Marks the place at this share of the width."""
        if share != self._mark:
            self._mark = share
            self.update()

    def at(self, share: float) -> Point | None:
        """The newest point at or before this share of the width; None before the first."""
        where = self._low + share * (self._high - self._low)
        index = bisect_right(self._points, where, key=lambda point: point[0]) - 1
        return self._points[index] if index >= 0 else None

    @property
    def mark_words(self) -> str:
        """What is written beside the mark; empty where there is none, or nothing to tell."""
        point = self.marked
        return f"{point[2]} · {self._place(point[0], self._high)}" if point and self._place else ""

    @property
    def marked(self) -> Point | None:
        """The point at the mark."""
        return None if self._mark is None else self.at(self._mark)

    def set_theme(self, theme: Theme) -> None:
        """Colours; the line's own comes with the next points."""
        self._theme = theme
        self.update()

    # --- drawing ---

    def paintEvent(self, event: QPaintEvent) -> None:
        """Quarters as faint lines, then each stretch without a gap, filled, then the mark."""
        painter = QPainter(self)
        painter.setPen(QPen(QColor(self._theme.grid), 1))
        lines = _GRID if self.height() > 6 * _GRID else 1
        for line in range(lines + 1):
            y = round(line * (self.height() - 1) / lines) + 0.5
            painter.drawLine(QPointF(0, y), QPointF(self.width(), y))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for stretch in self._stretches():
            self._draw(painter, stretch)
        if self._mark is not None:
            self._draw_mark(painter, self._mark * self.width())
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._theme.accent), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 3, 3)
        painter.end()

    def _draw(self, painter: QPainter, stretch: list[QPointF]) -> None:
        fill = QColor(self._colour)
        fill.setAlphaF(_FILL)
        floor = float(self.height())
        ground = [QPointF(stretch[0].x(), floor), *stretch, QPointF(stretch[-1].x(), floor)]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)  # the line covers the edge
        painter.drawPolygon(QPolygonF(ground))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._colour), 1))  # Qt draws wider lines twenty times as slowly
        line = QPolygonF(stretch)
        for aside in (-_HALF_LINE, _HALF_LINE):
            painter.drawPolyline(line.translated(0, aside))

    def _draw_mark(self, painter: QPainter, x: float) -> None:
        painter.setPen(QPen(QColor(self._theme.muted), 1))
        painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        words = self.mark_words
        if not words:
            return
        metrics = self.fontMetrics()
        width = metrics.horizontalAdvance(words) + 10
        left = x + 4 if x + 4 + width <= self.width() else max(0.0, x - 4 - width)
        box = QRectF(left, (self.height() - metrics.height()) / 2, width, metrics.height())
        painter.setPen(QPen(QColor(self._theme.strong_border), 1))
        painter.setBrush(QColor(self._theme.raised))
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(QColor(self._theme.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def _stretches(self) -> list[list[QPointF]]:
        top = self._scale_end
        room, width = self.height() - 3, self.width()
        low, span = self._low, (self._high - self._low) or 1.0
        found: list[list[QPointF]] = [[]]
        for at, value, _ in self._points:
            if value is None:
                found.append([])
            else:
                found[-1].append(QPointF(width * (at - low) / span, 1.5 + room * (1.0 - min(value / top, 1.0))))
        return [stretch for stretch in found if len(stretch) > 1]

    # --- hands ---

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The mark follows the mouse."""
        self.pointed.emit(min(max(event.position().x() / max(self.width(), 1), 0.0), 1.0))

    def leaveEvent(self, event: QEvent) -> None:
        """The mouse has left: no mark."""
        self.pointed.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the mark, Escape takes it away."""
        way = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if way is not None:
            now = 1.0 if self._mark is None else self._mark
            self.pointed.emit(min(max(now + way / _KEY_STEPS, 0.0), 1.0))
        elif event.key() == Qt.Key.Key_Escape and self._mark is not None:
            self.pointed.emit(None)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The keyboard has left."""
        super().focusOutEvent(event)
        self.pointed.emit(None)
