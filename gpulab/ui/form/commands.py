"""Every change of the form is one step that can be taken back, however it was made."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QUndoCommand

from gpulab.viewmodels.form import FormState

_ID = 1


class Change(QUndoCommand):
    """Goes from one state of the form to another. Changes with the same `key` that follow each other become one."""

    def __init__(
        self, text: str, before: FormState, after: FormState, enter: Callable[[FormState], None], key: str = ""
    ) -> None:
        super().__init__(text)
        self._before, self._after, self._enter, self._key = before, after, enter, key

    def id(self) -> int:
        """Tells Qt that these commands may be merged."""
        return _ID

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Takes the next step on the same field into this one; there and back again is no change at all."""
        if not isinstance(other, Change) or not self._key or other._key != self._key:
            return False
        self._after = other._after
        self.setText(other.text())
        self.setObsolete(not self._after.changed(self._before))
        return True

    def redo(self) -> None:
        """Enters the state after the change."""
        self._enter(self._after)

    def undo(self) -> None:
        """Enters the state before it."""
        self._enter(self._before)
