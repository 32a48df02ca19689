"""Dots with intervals around a zero line, in columns: many changes at once, painted by hand so that it exports."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gpulab.ui.compare.marks import paint_mark
from gpulab.ui.compare.words import TONES
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme, mixed
from gpulab.viewmodels.charting import nice_step
from gpulab.viewmodels.comparing.glance import Dot, Strip
from gpulab.viewmodels.comparing.table import Tone

_GAP = 14
_GROUND = 0.72  # behind a figure, so that it can be read on lines
_ARROWS: dict[Tone, str] = {"good": "✓", "bad": "✗", "same": "=", "open": "?"}


class Line(msgspec.Struct, frozen=True):
    """One row: its words, and the mark of the arm it is about (-1 for none)."""

    name: str
    place: int = -1


class Forest(QWidget):
    """Rows of dots in strips. The rows' names stand at the left, each strip's title above it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._lines: Sequence[Line] = ()
        self._strips: Sequence[Strip] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)

    def show_strips(self, lines: Sequence[Line], strips: Sequence[Strip]) -> None:
        """Shows the rows `lines` in the columns `strips`."""
        self._lines, self._strips = lines, strips
        self.setAccessibleDescription(_spoken(lines, strips))
        self.updateGeometry()
        self.setMinimumSize(self.sizeHint())
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Other colours, perhaps larger type."""
        self.theme = theme
        self.setMinimumSize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        """Room for all names and figures."""
        width = self._names_width() + len(self._strips) * (self._least_width() + _GAP)
        return QSize(width, round(self._head() + len(self._lines) * self._least_row() + self._foot()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws names, then strip after strip."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_names(painter)
        if not self._strips:
            return
        left = self._names_width()
        width = (self.width() - left) / len(self._strips) - _GAP
        width = width if self._alone else min(width, self._least_width() * 2.6)
        for number, strip in enumerate(self._strips):
            self._paint_strip(painter, strip, QRectF(left + number * (width + _GAP), 0, width, self.height()))

    # --- parts ---

    def _paint_names(self, painter: QPainter) -> None:
        metrics, side = self.fontMetrics(), self.fontMetrics().height()
        painter.setFont(self.font())
        for number, line in enumerate(self._lines):
            middle = self._head() + (number + (0.5 if self._alone else 0.6)) * self._row()
            if line.place >= 0:
                paint_mark(painter, QPointF(side * 0.5, middle), line.place, self.theme, side * 0.62)
            start = side * 1.2 if line.place >= 0 else 0.0
            room = QRectF(start, middle - side, self._names_width() - start - _GAP, 2 * side)
            painter.setPen(QColor(self.theme.text))
            text = metrics.elidedText(line.name, Qt.TextElideMode.ElideMiddle, round(room.width()))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def _paint_strip(self, painter: QPainter, strip: Strip, area: QRectF) -> None:
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        painter.setFont(bold)
        painter.setPen(QColor(self.theme.text))
        title = QFontMetrics(bold).elidedText(said(strip.title), Qt.TextElideMode.ElideRight, round(area.width()))
        line = self.fontMetrics().height()
        painter.drawText(QRectF(area.left(), 0, area.width(), line * 1.2), Qt.AlignmentFlag.AlignHCenter, title)
        below = 0.0 if self._alone else line * 1.2
        self._paint_way(painter, strip, QRectF(area.left(), below, area.width(), line * 1.2))
        body = QRectF(area.left(), self._head(), area.width(), len(self._lines) * self._row())
        scale = area.width() / 2 / strip.reach
        self._paint_ground(painter, strip, body, scale)
        for dot in strip.dots:
            self._paint_dot(painter, dot, body, scale)

    def _paint_way(self, painter: QPainter, strip: Strip, area: QRectF) -> None:
        """On which side better lies, in words."""
        small = self._small()
        painter.setFont(small)
        painter.setPen(QColor(self.theme.muted))
        right = strip.good > 0
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        painter.drawText(area, side, said("better →") if right else said("← better"))

    def _paint_ground(self, painter: QPainter, strip: Strip, body: QRectF, scale: float) -> None:
        """The region that counts as none, the zero line, and the ends of the scale."""
        zero = body.center().x()
        half = strip.region * scale
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(mixed(self.theme.info, self.theme.surface, 0.14)))
        painter.drawRect(QRectF(zero - half, body.top(), 2 * half, body.height()))
        painter.setPen(QPen(QColor(self.theme.strong_border), 1))
        painter.drawLine(QPointF(body.left(), body.bottom()), QPointF(body.right(), body.bottom()))
        painter.setPen(QPen(QColor(self.theme.muted), 1.2))
        painter.drawLine(QPointF(zero, body.top()), QPointF(zero, body.bottom()))
        painter.setFont(self._small())
        painter.setPen(QColor(self.theme.muted))
        step = nice_step(strip.reach, 2)
        step = step if step <= strip.reach * 0.93 else step / 2
        for tick, words in ((-step, f"−{step:g} %"), (0.0, "0"), (step, f"+{step:g} %")):
            room = QRectF(zero + tick * scale - 40, body.bottom() + 2, 80, self._foot())
            painter.drawText(room, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, words)

    def _paint_dot(self, painter: QPainter, dot: Dot, body: QRectF, scale: float) -> None:
        middle = body.top() + (dot.row + (0.5 if self._alone else 0.66)) * self._row()
        zero, line = body.center().x(), self.fontMetrics().height()
        color = QColor(self.theme.severity(TONES[dot.tone][1]))
        low, high = (
            min(max(zero + end * scale, body.left()), body.right()) if math.isfinite(end) else edge
            for end, edge in ((dot.low, body.left()), (dot.high, body.right()))
        )
        style = Qt.PenStyle.SolidLine if math.isfinite(dot.low) else Qt.PenStyle.DotLine
        painter.setPen(QPen(color, 2.0, style, Qt.PenCapStyle.FlatCap))
        painter.drawLine(QPointF(low, middle), QPointF(high, middle))
        if math.isfinite(dot.low) and dot.low != dot.high:
            self._paint_end(painter, QPointF(low, middle), -1 if zero + dot.low * scale < body.left() else 0)
            self._paint_end(painter, QPointF(high, middle), 1 if zero + dot.high * scale > body.right() else 0)
        at = QPointF(min(max(zero + dot.at * scale, body.left()), body.right()), middle)
        painter.setBrush(color if dot.tone != "open" else QColor(self.theme.surface))
        painter.setPen(QPen(color, 2.0))
        painter.drawEllipse(at, line * 0.26, line * 0.26)
        painter.setFont(self._small())
        painter.setPen(color if dot.tone in ("good", "bad") else QColor(self.theme.text))
        text = f"{_ARROWS.get(dot.tone, '')} {dot.text}".strip()
        width = QFontMetrics(self._small()).horizontalAdvance(text) + 4.0
        left = min(max(at.x() - width / 2, body.left()), body.right() - width)
        room = QRectF(left, middle - line * 1.36, width, line)
        if self._alone:
            away = line * 0.3 + 6
            right, left = max(high + 6, at.x() + away), min(low - 6, at.x() - away) - width
            near = at.x() + away if at.x() + away + width < body.right() else at.x() - away - width
            beside = right if right + width < body.right() else left if left > body.left() else near
            room = QRectF(beside, middle - line / 2, width, line)
        ground = QColor(self.theme.surface)
        ground.setAlphaF(_GROUND)
        painter.fillRect(room, ground)
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip, text)

    def _paint_end(self, painter: QPainter, at: QPointF, beyond: int) -> None:
        """A cap where an interval ends, an arrow where it goes on `beyond` the scale: 1 right, -1 left."""
        size = self.fontMetrics().height() * 0.22
        if not beyond:
            painter.drawLine(at - QPointF(0, size), at + QPointF(0, size))
        for side in (-size, size) if beyond else ():
            painter.drawLine(at, at + QPointF(-beyond * size * 1.4, side))

    # --- measures ---

    def _small(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 0.9)
        return font

    @property
    def _alone(self) -> bool:
        """A single strip has room for its figures beside its dots, so that many rows fit."""
        return len(self._strips) == 1

    def _least_row(self) -> float:
        return self.fontMetrics().height() * (1.15 if self._alone else 2.5)

    def _row(self) -> float:
        """Rows share what height there is, within reason."""
        shared = (self.height() - self._head() - self._foot()) / max(1, len(self._lines))
        return min(max(shared, self._least_row()), self._least_row() * (2.3 if self._alone else 1.7))

    def _head(self) -> float:
        """A single strip's title has the words on its way beside it."""
        return self.fontMetrics().height() * (1.4 if self._alone else 2.5)

    def _foot(self) -> float:
        return self.fontMetrics().height() * 1.4

    def _names_width(self) -> int:
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(line.name) for line in self._lines), default=0)
        return round(min(widest + metrics.height() * 1.6, metrics.height() * 14)) + _GAP

    def _least_width(self) -> int:
        return self.fontMetrics().height() * 8


def _spoken(lines: Sequence[Line], strips: Sequence[Strip]) -> str:
    return ". ".join(
        f"{said(strip.title)}: "
        + ", ".join(f"{lines[dot.row].name} {dot.text} {said(TONES[dot.tone][0])}".strip() for dot in strip.dots)
        for strip in strips
    )
