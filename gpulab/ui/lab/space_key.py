"""Space holds a training wherever the keys are: a switch flipped by it unseen would be another experiment."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)


class SpaceKey(QObject):
    """Takes Space from everything in `window` but fields that are typed into, while `wanted` says that it is needed."""

    def __init__(self, window: QWidget, wanted: Callable[[], bool], pressed: Callable[[], None]) -> None:
        super().__init__(window)
        self._window, self._wanted, self._pressed = window, wanted, pressed
        app = QApplication.instance()
        assert app is not None
        app.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Acts once for each press; holding the key down does nothing more."""
        if event.type() not in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease) or not self._is_ours(event):
            return False
        assert isinstance(event, QKeyEvent)
        if event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
            self._pressed()
        return True

    def end(self) -> None:
        """Space is what it was."""
        app = QApplication.instance()
        if app is not None:
            app.removeEventFilter(self)

    def _is_ours(self, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent) or event.key() != Qt.Key.Key_Space:
            return False
        if event.modifiers() != Qt.KeyboardModifier.NoModifier or not self._wanted():
            return False
        if QApplication.activeModalWidget() is not None or QApplication.activePopupWidget() is not None:
            return False
        focus = QApplication.focusWidget() or self._window.focusWidget()
        return focus is None or (focus.window() is self._window and not _is_typed_into(focus))


def _is_typed_into(widget: QWidget) -> bool:
    """Words have spaces; numbers have none."""
    if isinstance(widget, QComboBox):
        return widget.isEditable()
    return isinstance(widget, QLineEdit | QTextEdit | QPlainTextEdit) and not widget.isReadOnly()
