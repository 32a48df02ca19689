"""Every field answers to the same few calls, so that the form need not know what kind of setting it edits."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Signal, SignalInstance
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QPainter, QPalette, QPen
from PySide6.QtWidgets import QWidget

from gpulab.spec.setting import Value

CORNER = 4.0


class Field(Protocol):
    """A widget that edits one value.

    `edited(value, typing)` tells what a person entered, word for word where it is no value of the setting's kind;
    `typing` is true while letters come one by one. `settled()` tells that the field was left or Enter was pressed.
    """

    edited: SignalInstance
    settled: SignalInstance

    def show_value(self, value: Value) -> None:
        """Shows `value` without telling; what already means `value` is left as it was written."""

    def set_wrong(self, wrong: bool) -> None:
        """Draws (or takes away) the red outline."""


def outline(widget: QWidget) -> None:
    """The red outline of a field whose value cannot be used: drawn over the frame, whatever the style made of it."""
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(widget.palette().color(QPalette.ColorRole.BrightText)), 2.0))
    painter.drawRoundedRect(QRectF(widget.rect()).adjusted(1, 1, -1, -1), CORNER, CORNER)
    painter.end()


class FieldKeys(QObject):
    """Hands a field's own undo and redo keys to the form: two histories that know nothing of each other lose work."""

    undo = Signal()
    redo = Signal()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keeps Ctrl+Z from the field: first the window's menu may take it, else the form does."""
        kind = event.type()
        if kind not in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress) or not isinstance(event, QKeyEvent):
            return False
        undo, redo = event.matches(QKeySequence.StandardKey.Undo), event.matches(QKeySequence.StandardKey.Redo)
        if not (undo or redo):
            return False
        if kind == QEvent.Type.KeyPress:
            (self.undo if undo else self.redo).emit()
        else:
            event.ignore()
        return True


class WheelGuard(QObject):
    """Lets the wheel scroll the form instead of changing the field that happens to lie under the mouse."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ignores the wheel, also while the field has the keys: a person scrolls on with the mouse where it is."""
        if event.type() == QEvent.Type.Wheel:
            event.ignore()
            return True
        return False


def chained(widgets: Sequence[QWidget]) -> None:
    """Lets Tab walk through `widgets` in their order."""
    for widget, after in pairwise(widgets):
        QWidget.setTabOrder(widget, after)


def guarded(widget: QWidget) -> None:
    """Keeps the wheel from `widget`, also as a way to take the focus."""
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    widget.installEventFilter(WheelGuard(widget))
