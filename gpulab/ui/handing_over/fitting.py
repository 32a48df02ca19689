"""A dialog whose sentences wrap is as high as they need, whatever they say next and however large the type is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel

_LETTERS = 64


def fit(dialog: QDialog) -> None:
    """Gives `dialog` the width of a line that reads well, and the height that its contents need there."""
    layout = dialog.layout()
    assert layout is not None
    width = max(_LETTERS * dialog.fontMetrics().averageCharWidth(), layout.minimumSize().width())
    layout.activate()
    dialog.setMinimumSize(width, 0)
    dialog.resize(width, max(layout.totalHeightForWidth(width), layout.minimumSize().height()))


def say(label: QLabel, text: str, severity: str = "") -> None:
    """Shows `text` in the colour of `severity`; a label that says nothing takes no room."""
    label.setTextFormat(Qt.TextFormat.PlainText)  # it may quote somebody else's file
    label.setText(text)
    label.setVisible(bool(text))
    label.setProperty("severity", severity)
    label.style().polish(label)
