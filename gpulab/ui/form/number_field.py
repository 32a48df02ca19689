"""Numbers need a field that keeps what was typed: Qt's own spin boxes silently alter whatever is out of range."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent, QResizeEvent, QValidator
from PySide6.QtWidgets import QAbstractSpinBox, QLabel, QWidget

from gpulab.spec.setting import Setting, Value
from gpulab.ui.form.field import guarded, outline
from gpulab.viewmodels.values import read, shown

Step = Callable[[int], Value]
_SHORTEST = "0000000"
_INSET = 5


class NumberField(QAbstractSpinBox):
    """Takes any text; `3e-4` and `1e4` are numbers. The unit stands at the right end, out of the way of typing."""

    edited = Signal(object, bool)
    settled = Signal()
    _made = False  # Qt may tell of the font before the field is complete

    def __init__(self, setting: Setting, unit: str, step: Step, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._setting, self._step, self._wrong = setting, step, False
        self._unit = QLabel(unit, self.lineEdit())
        self._unit.setProperty("muted", True)
        self._unit.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._unit.setVisible(bool(unit))
        self._made = True
        guarded(self)
        self.lineEdit().textEdited.connect(self._typed)
        self.editingFinished.connect(self.settled)

    def show_value(self, value: Value) -> None:
        """Shows `value`; 0.0003 typed as 3e-4 stays as it was typed."""
        here = read(self._setting, self.text())
        if type(here) is not type(value) or here != value:
            self.lineEdit().setText(shown(value))

    def set_wrong(self, wrong: bool) -> None:
        """Draws or takes away the red outline."""
        self._wrong = wrong
        self.update()

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Everything may be typed; what is wrong with it is said below the field."""
        return QValidator.State.Acceptable, text, position

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Both arrows work always, also out of a wrong value."""
        return QAbstractSpinBox.StepEnabledFlag.StepUpEnabled | QAbstractSpinBox.StepEnabledFlag.StepDownEnabled

    def stepBy(self, steps: int) -> None:
        """One press of an arrow, or ten for the page keys."""
        self.edited.emit(self._step(steps), False)
        self.lineEdit().selectAll()

    def minimumSizeHint(self) -> QSize:
        """Room for a number of seven digits, its unit and the arrows."""
        words = self.fontMetrics().horizontalAdvance(_SHORTEST) + self._unit_width()
        return QSize(words + 2 * self.fontMetrics().height(), super().sizeHint().height() - 2)

    def sizeHint(self) -> QSize:
        """As small as it may be: the form stretches it."""
        return self.minimumSizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the unit at the right end."""
        super().resizeEvent(event)
        self._place_unit()

    def changeEvent(self, event: QEvent) -> None:
        """Makes room anew when the type grows."""
        super().changeEvent(event)
        if self._made and event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._place_unit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the field, and the outline over it."""
        super().paintEvent(event)
        if self._wrong:
            outline(self)

    def _typed(self, text: str) -> None:
        self.edited.emit(read(self._setting, text), True)

    def _unit_width(self) -> int:
        return self._unit.sizeHint().width() + 6 if self._unit.text() else 0

    def _place_unit(self) -> None:
        editor, width = self.lineEdit(), self._unit_width()
        editor.setTextMargins(_INSET, 0, width, 0)
        self._unit.setGeometry(editor.width() - width + 2, 0, max(0, width - 4), editor.height())
