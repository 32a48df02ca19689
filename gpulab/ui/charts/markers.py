"""Vertical lines at steps where something happened: a danger, a notice."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen

from gpulab.ui.charts.model import QUIET
from gpulab.ui.theme import Theme, mixed

Placed = tuple[float, str, str]  # pixels from the left, label, severity
ROWS = 3


class MarkerLayer(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """Draws the markers over the curves; labels that would meet go to different rows, or stay out."""

    def __init__(self, view: Any, theme: Theme, labelled: bool) -> None:
        super().__init__()
        self._view = view
        self._theme = theme
        self._labelled = labelled
        self.placed: list[Placed] = []
        self._font = QFont()
        self.setParentItem(view)

    def show_markers(self, placed: list[Placed], theme: Theme, font: QFont) -> None:
        """Shows the markers, given from left to right."""
        if (placed, theme, font) != (self.placed, self._theme, self._font):
            self.placed, self._theme, self._font = placed, theme, QFont(font)
            self.update()

    @property
    def label_bottom(self) -> float:
        """How far down the labels may reach, in pixels."""
        rows = min(sum(bool(label) for _, label, _ in self.placed), ROWS) if self._labelled else 0
        return rows * (QFontMetrics(self._font).height() + 5)

    def boundingRect(self) -> QRectF:
        """The plot's area in its own pixels."""
        return QRectF(self._view.rect())

    def paint(self, painter: QPainter, option: Any, widget: Any = None) -> None:
        """Draws lines first, then labels."""
        area = self.boundingRect()
        for x, _, severity in self.placed:
            color = QColor(self._theme.severity(severity))
            quiet = severity == QUIET
            color.setAlphaF(0.45 if quiet else 0.9 if self._labelled else 0.5)
            painter.setPen(QPen(color, 1, Qt.PenStyle.DotLine if quiet else Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(round(x) + 0.5, area.top()), QPointF(round(x) + 0.5, area.bottom()))
        if self._labelled:
            self._paint_labels(painter, area)

    def _paint_labels(self, painter: QPainter, area: QRectF) -> None:
        metrics = QFontMetrics(self._font)
        painter.setFont(self._font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ends = [area.left()] * ROWS
        for x, label, severity in self.placed:
            if not label:
                continue
            width = metrics.horizontalAdvance(label) + 10
            left = x + 3 if x + 3 + width < area.right() else x - 3 - width
            row = next((row for row, end in enumerate(ends) if left >= end), None)
            if row is None:
                continue
            ends[row] = left + width + 4
            box = QRectF(left, area.top() + 3 + row * (metrics.height() + 5), width, metrics.height() + 2)
            ink = self._theme.severity(severity)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(mixed(ink, self._theme.surface, 0.14)))
            painter.drawRoundedRect(box, 4, 4)
            painter.setPen(QColor(ink))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, label)
