"""A passphrase is typed unseen, twice where it will lock something, and is neither shown nor stored."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QLineEdit, QWidget

from gpulab.ui.lab.words import said


class PassphraseFields(QWidget):
    """One field, or two that must agree. `changed` comes with each letter."""

    changed = Signal()

    def __init__(self, twice: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.first = self._field(said("Passphrase"), "passphrase")
        self.second = self._field(said("The same again"), "passphrase_again") if twice else None
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        for field in filter(None, (self.first, self.second)):
            form.addRow(field.accessibleName(), field)

    def _field(self, name: str, object_name: str) -> QLineEdit:
        field = QLineEdit()
        field.setObjectName(object_name)
        field.setEchoMode(QLineEdit.EchoMode.Password)
        field.setAccessibleName(name)
        field.textChanged.connect(lambda _: self.changed.emit())
        return field

    @property
    def passphrase(self) -> str:
        """What was typed; empty where nothing was, or where the two differ."""
        typed = self.first.text()
        return typed if self.second is None or self.second.text() == typed else ""

    @property
    def differ(self) -> bool:
        """Whether both were typed to their end, and not alike."""
        if self.second is None or len(self.second.text()) < max(1, len(self.first.text())):
            return False
        return self.second.text() != self.first.text()

    def clear(self) -> None:
        """Forgets what was typed."""
        for field in filter(None, (self.first, self.second)):
            field.clear()
