"""A check box that looks like a switch, because "on or off" is what a technique card says."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QCheckBox, QSizePolicy, QWidget

GAP = 8


class Switch(QCheckBox):
    """Works like any check box (Space, click, focus, screen readers); only its picture differs."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Room for the track, the focus ring and the words."""
        words = self.fontMetrics().horizontalAdvance(self.text())
        height = max(self._track().height() + 6, self.fontMetrics().height() + 4)
        return QSize(round(self._track().width() + 6 + (GAP + words if words else 0)), round(height))

    def minimumSizeHint(self) -> QSize:
        """The same: a switch is never cut."""
        return self.sizeHint()

    def hitButton(self, pos: QPoint) -> bool:
        """The words switch too."""
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the track, the knob, the focus ring and the words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = self._track().translated(3, (self.height() - self._track().height()) / 2)
        round_by = track.height() / 2
        roles = QPalette.ColorRole
        if self.hasFocus():
            painter.setPen(QPen(self.palette().color(roles.Highlight), 2))
            painter.drawRoundedRect(track.adjusted(-2, -2, 2, 2), round_by + 2, round_by + 2)
        on, enabled = self.isChecked(), self.isEnabled()
        ground = self.palette().color(roles.Highlight if on else roles.Button)
        edge = ground if on else self.palette().color(roles.PlaceholderText if enabled else roles.Mid)
        painter.setPen(QPen(edge, 1.2))
        painter.setBrush(ground)
        painter.drawRoundedRect(track, round_by, round_by)
        self._knob(painter, track, on, enabled)
        painter.setPen(self.palette().color(roles.WindowText))
        left = round(track.right() + GAP)
        painter.drawText(self.rect().adjusted(left, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.text())

    def _knob(self, painter: QPainter, track: QRectF, on: bool, enabled: bool) -> None:
        roles = QPalette.ColorRole
        knob = self.palette().color(roles.HighlightedText if on else roles.PlaceholderText)
        if not enabled:
            knob = self.palette().color(roles.Mid) if not on else QColor(self.palette().color(roles.Base))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(knob)
        inset = track.height() / 2
        center = QPointF(track.right() - inset if on else track.left() + inset, track.center().y())
        radius = inset - 3.2
        painter.drawEllipse(center, radius, radius)

    def _track(self) -> QRectF:
        height = max(16.0, self.fontMetrics().height() * 0.98)
        return QRectF(0, 0, height * 1.75, height)
