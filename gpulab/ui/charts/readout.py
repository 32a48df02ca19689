"""The small box beside the crosshair with every run's value there."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from gpulab.ui.theme import Theme

PAD = 7
AWAY = 14


@dataclass(frozen=True)
class ReadoutRow:
    """A run's values at the crosshair; `label` is empty where only its colour is shown."""

    color: QColor
    dash: Qt.PenStyle
    label: str
    values: str
    strong: bool


class Readout(QWidget):
    """Floats over the plot and never takes the mouse."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent)
        self._theme = theme
        self._head = ""
        self._rows: list[ReadoutRow] = []
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def dress(self, theme: Theme) -> None:
        """Takes the theme's colours."""
        self._theme = theme

    def show_at(self, x: int, area: QRect, head: str, rows: list[ReadoutRow]) -> None:
        """Shows the rows beside the vertical line at `x`, on the side with more room."""
        self._head, self._rows = head, rows
        size = self._size()
        left = x - AWAY - size.width() if x > area.center().x() else x + AWAY
        left = max(area.left(), min(left, area.right() - size.width()))
        self.setGeometry(left, area.top() + 4, size.width(), size.height())
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the box."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(self._theme.raised)
        ground.setAlphaF(0.94)
        painter.setBrush(ground)
        painter.setPen(QPen(QColor(self._theme.strong_border), 1))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        metrics = QFontMetrics(self._font(False))
        base = PAD + metrics.ascent()
        if self._head:
            painter.setFont(self._font(False))
            painter.setPen(QColor(self._theme.muted))
            painter.drawText(PAD, base, self._head)
            base += metrics.height() + 2
        for row in self._rows:
            self._paint_row(painter, row, base)
            base += metrics.height()

    def _paint_row(self, painter: QPainter, row: ReadoutRow, base: int) -> None:
        font = self._font(row.strong)
        metrics = QFontMetrics(font)
        middle = base - metrics.capHeight() / 2
        painter.setPen(QPen(row.color, 2.4, row.dash, Qt.PenCapStyle.FlatCap))
        painter.drawLine(QPointF(PAD, middle), QPointF(PAD + self._swatch(), middle))
        painter.setFont(font)
        painter.setPen(QColor(self._theme.text))
        painter.drawText(PAD + self._swatch() + 6, base, row.label)
        painter.drawText(self.width() - PAD - metrics.horizontalAdvance(row.values), base, row.values)

    def _size(self) -> QSize:
        metrics = QFontMetrics(self._font(True))
        widths = [
            self._swatch()
            + 6
            + metrics.horizontalAdvance(row.label)
            + metrics.horizontalAdvance(row.values)
            + (12 if row.label else 0)
            for row in self._rows
        ]
        head = QFontMetrics(self._font(False)).horizontalAdvance(self._head)
        lines = len(self._rows) * metrics.height() + (metrics.height() + 2 if self._head else 0)
        return QSize(max([head, *widths]) + 2 * PAD, lines + 2 * PAD)

    def _swatch(self) -> int:
        return QFontMetrics(self.font()).height()

    def _font(self, strong: bool) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 0.92)
        font.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
        font.setFeature(QFont.Tag("tnum"), 1)
        return font
