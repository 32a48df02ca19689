"""What every part of the dialog that differs from question to question has."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gpulab.viewmodels.comparing.setup import Draft


class QuestionPart(QWidget):
    """Base of all parts. `changed` tells that `fill` would fill in something else."""

    changed = Signal()
    grows = False
    """Whether it can use more height than it needs."""

    @property
    def missing(self) -> str:
        """What a person has to do here before there is anything to ask, in words; empty where that is done."""
        return ""

    def __init__(self) -> None:
        super().__init__()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)

    def fill(self, draft: Draft) -> Draft:
        """`draft` with what this part says."""
        return draft
