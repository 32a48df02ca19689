"""What a job suggests, in words, each with a button that takes it over into the form."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from gpulab.events.documents import Suggestion
from gpulab.ui.lab.words import said
from gpulab.words import sentence


class Suggestions(QWidget):
    """A row for each suggestion. `taken` carries the one whose button was pressed."""

    taken = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._shown: list[Suggestion] = []
        self.labels: list[QLabel] = []
        self.buttons: list[QPushButton] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    def show_suggestions(self, suggestions: Sequence[Suggestion]) -> None:
        """Adds rows for those that are new; none again clears all."""
        if not suggestions:
            self._clear()
        for suggestion in suggestions[len(self._shown) :]:
            self._add(suggestion)

    def _add(self, suggestion: Suggestion) -> None:
        label = QLabel(sentence(suggestion.key, suggestion.arguments, said))
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(label, 1)
        if suggestion.changes:
            line.addWidget(self._button(suggestion), 0, Qt.AlignmentFlag.AlignTop)
        self._column.addWidget(row)
        self._shown.append(suggestion)
        self.labels.append(label)

    def _button(self, suggestion: Suggestion) -> QPushButton:
        button = QPushButton(said("Take it over"))
        button.setObjectName(f"take:{suggestion.key}")
        button.setProperty("primary", not self.buttons)
        button.setToolTip(said("Puts it into the experiment at the left. Ctrl+Z takes it back."))
        button.setAccessibleDescription(sentence(suggestion.key, suggestion.arguments, said))
        button.clicked.connect(lambda: self.taken.emit(suggestion))
        self.buttons.append(button)
        return button

    def _clear(self) -> None:
        while (item := self._column.takeAt(0)) is not None:
            if (row := item.widget()) is not None:
                row.hide()
                row.deleteLater()
        self._shown, self.labels, self.buttons = [], [], []
