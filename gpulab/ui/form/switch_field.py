"""Yes or no is a switch, which has to speak the same language as the other fields."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gpulab.spec.setting import Value
from gpulab.ui.theme import Switch


class SwitchField(Switch):
    """A switch that edits a setting. It cannot be wrong."""

    edited = Signal(object, bool)
    settled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.clicked.connect(self._switched)

    def show_value(self, value: Value) -> None:
        """Shows `value` without telling."""
        self.setChecked(bool(value))

    def set_wrong(self, wrong: bool) -> None:
        """Both of its values are always allowed."""

    def _switched(self, on: bool) -> None:
        self.edited.emit(on, False)
        self.settled.emit()
