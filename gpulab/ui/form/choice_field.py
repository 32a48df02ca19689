"""Picking from a list must show what cannot be used here together with the reason, instead of hiding it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from gpulab.spec.setting import Value
from gpulab.ui.form.field import guarded, outline
from gpulab.ui.form.words import reason_sentence, words
from gpulab.viewmodels.options import Option

_VALUE = Qt.ItemDataRole.UserRole


class ChoiceField(QComboBox):
    """A list of options. A value that is none of them (a device of another machine) is added, so that it is seen."""

    edited = Signal(object, bool)
    settled = Signal()

    def __init__(self, options: Sequence[Option], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wrong = False
        self._options: tuple[Option, ...] = ()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        guarded(self)
        self.set_options(options)
        self.activated.connect(self._picked)

    def set_options(self, options: Sequence[Option]) -> None:
        """Offers `options`, keeping the one that is chosen."""
        if tuple(options) == self._options:
            return
        self._options, kept = tuple(options), self.currentData(_VALUE)
        model = QStandardItemModel(self)
        for option in options:
            model.appendRow(self._item(option))
        self.setModel(model)
        if kept is not None:
            self.show_value(kept)

    def show_value(self, value: Value) -> None:
        """Selects `value` without telling."""
        index = self.findData(value, _VALUE)
        if index < 0:
            self.addItem(str(value), value)
            index = self.count() - 1
        self.setCurrentIndex(index)

    def set_wrong(self, wrong: bool) -> None:
        """Draws or takes away the red outline."""
        self._wrong = wrong
        self.update()

    def sizeHint(self) -> QSize:
        """Wide enough for the longest option: the form puts the field below its label where that is too wide."""
        return super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        """The same, so that no option is cut."""
        return super().sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the field, and the outline over it."""
        super().paintEvent(event)
        if self._wrong:
            outline(self)

    def _item(self, option: Option) -> QStandardItem:
        label = words(option.label).format(**option.arguments)
        item = QStandardItem(label)
        item.setData(option.value, _VALUE)
        if option.reason:
            reason = reason_sentence(option.reason)
            item.setEnabled(False)
            item.setToolTip(reason)
            item.setData(f"{label}, {reason}", Qt.ItemDataRole.AccessibleTextRole)
        return item

    def _picked(self, index: int) -> None:
        self.edited.emit(self.itemData(index, _VALUE), False)
        self.settled.emit()
