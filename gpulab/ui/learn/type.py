"""Labels of the lesson player, in sizes that can be read from the back of a room."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QWidget

SMALL, NORMAL, LARGE, HUGE = 1.0, 1.2, 1.55, 1.95


def sized(size: float, bold: bool = False) -> QFont:
    """The application's type, so many times as large."""
    font = QFont(QApplication.font())
    font.setPointSizeF(font.pointSizeF() * size)
    if bold:
        font.setWeight(QFont.Weight.DemiBold)
    return font


class Words(QLabel):
    """A label that keeps its size beside the window's type when that grows. Rich text where `rich`."""

    def __init__(self, size: float, *, bold: bool = False, muted: bool = False, rich: bool = False) -> None:
        super().__init__()
        self._size, self._bold = size, bold
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.RichText if rich else Qt.TextFormat.PlainText)
        self.setProperty("muted", muted)
        self.dress()

    def dress(self) -> None:
        """Takes the size that the window's type has now."""
        self.setFont(sized(self._size, self._bold))

    def say(self, text: str) -> None:
        """Shows `text`, or nothing at all where there is none."""
        if text != self.text():
            self.setText(text)
        self.setVisible(bool(text))

    def mean(self, severity: str) -> None:
        """How it is meant: `good`, `warning`, `danger` or nothing."""
        self._be("severity", severity)

    def mute(self, muted: bool) -> None:
        """Whether it stands back behind the rest."""
        self._be("muted", muted)

    def _be(self, name: str, value: object) -> None:
        if self.property(name) != value:
            self.setProperty(name, value)
            self.style().unpolish(self)
            self.style().polish(self)
            self.dress()  # the style has put the window's type in its place


def dress_all(widget: QWidget) -> None:
    """Every label of the player within `widget` takes the size that the window's type has now."""
    for label in widget.findChildren(Words):
        label.dress()


def framed() -> QFrame:
    """A card."""
    frame = QFrame()
    frame.setProperty("card", True)
    return frame
