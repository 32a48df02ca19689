"""Short texts are typed in one line, in which a line break must still be seen."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from gpulab.spec.setting import Value
from gpulab.ui.form.field import outline

LINE_BREAK = "↵"
_SHORTEST = "a dozen words"


class TextField(QLineEdit):
    """A line of text that shows its line breaks as ↵ (Shift+Enter writes one)."""

    edited = Signal(object, bool)
    settled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wrong = False
        self.textEdited.connect(self._typed)
        self.editingFinished.connect(self.settled)

    def value(self) -> str:
        """What the field says, with true line breaks."""
        return self.text().replace(LINE_BREAK, "\n")

    def show_value(self, value: Value) -> None:
        """Shows `value`, and its beginning where it is long."""
        if self.value() != value:
            self.setText(str(value).replace("\n", LINE_BREAK))
            self.setCursorPosition(0)

    def set_wrong(self, wrong: bool) -> None:
        """Draws or takes away the red outline."""
        self._wrong = wrong
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Shift+Enter writes a line break."""
        if (
            event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        ):
            self.insert(LINE_BREAK)
            self._typed()
        else:
            super().keyPressEvent(event)

    def minimumSizeHint(self) -> QSize:
        """Room for a few words."""
        return QSize(self.fontMetrics().horizontalAdvance(_SHORTEST), super().sizeHint().height())

    def sizeHint(self) -> QSize:
        """As small as it may be: the form stretches it."""
        return self.minimumSizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the field, and the outline over it."""
        super().paintEvent(event)
        if self._wrong:
            outline(self)

    def _typed(self) -> None:
        self.edited.emit(self.value(), True)
