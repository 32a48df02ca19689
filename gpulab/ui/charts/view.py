"""The area inside the axes: drag to zoom, double-click to reset, and no range that moves by itself."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPoint, QRectF, Qt, Signal

WHEEL = 0.8


class ZoomView(pg.ViewBox):  # type: ignore[misc]  # pyqtgraph has no types
    """A ViewBox that asks instead of acting, because the horizontal range belongs to all charts together."""

    zoomed = Signal(QRectF)  # in axis units
    reset = Signal()
    menu_wanted = Signal(QPoint)  # on the screen

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self.disableAutoRange()
        self.setMouseMode(pg.ViewBox.RectMode)
        self.setDefaultPadding(0)

    def dress(self, accent: str) -> None:
        """Gives the rubber band its colour."""
        self.rbScaleBox.setPen(pg.mkPen(accent))
        fill = pg.mkColor(accent)
        fill.setAlpha(40)
        self.rbScaleBox.setBrush(fill)

    def showAxRect(self, ax: QRectF, **kwargs: Any) -> None:
        """Called by pyqtgraph when a rectangle was drawn."""
        rect = ax.normalized()
        if self.mapRectFromView(rect).width() > 4:
            self.zoomed.emit(rect)

    def wheelEvent(self, ev: Any, axis: Any = None) -> None:
        """Ctrl and the wheel zoom sideways around the mouse; the wheel alone belongs to the page."""
        if not ev.modifiers() & Qt.KeyboardModifier.ControlModifier:
            ev.ignore()
            return
        factor = WHEEL if ev.delta() > 0 else 1 / WHEEL
        shown = self.viewRect()
        at = self.mapToView(ev.pos()).x()
        left = at - (at - shown.left()) * factor
        self.zoomed.emit(QRectF(left, shown.top(), shown.width() * factor, shown.height()))
        ev.accept()

    def mouseClickEvent(self, ev: Any) -> None:
        """A double click resets, a right click asks for the menu."""
        if ev.button() == Qt.MouseButton.RightButton:
            self.menu_wanted.emit(ev.screenPos().toPoint())
        elif ev.double():
            self.reset.emit()
        ev.accept()
