"""What stands where no comparison can be shown: what one is, and how to see one; or what is wrong with one."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme

_LARGE = 1.9
_LETTERS = 85


class Invitation(QWidget):
    """`show_me` asks for a real comparison, `asked` for the dialog of one of one's own."""

    show_me = Signal()
    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.title, self.words = QLabel(), QLabel()
        for label in (self.title, self.words):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
        self.words.setProperty("muted", True)
        self.button, self.own = QPushButton(said("Show me")), QPushButton(said("Compare with and without…"))
        self.button.setObjectName("show_me_comparison")
        self.button.setProperty("primary", True)
        self.button.setMinimumWidth(180)
        self.button.clicked.connect(self.show_me)
        self.own.clicked.connect(lambda: self.asked.emit("with_without"))
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addStretch()
        buttons.addWidget(self.button)
        buttons.addWidget(self.own)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.setSpacing(14)
        column.addStretch()
        for label in (self.title, self.words):
            column.addLayout(_centred(label))
        column.addLayout(buttons)
        column.addStretch()
        self.show_invitation()
        self.set_theme(None)

    def show_invitation(self) -> None:
        """What a comparison is."""
        self._offer(True)
        self.title.setText(said("Is it worth it?"))
        self.words.setText(
            said(
                "A comparison trains the same model twice or more: on the same text, from the same seeds, one thing "
                "changed. Then it says in plain words what was gained, what it cost, and how sure that is."
            )
        )

    def show_reading(self, share: float | None) -> None:
        """That the chosen one is being read, and how much of it was."""
        self.title.setText(said("Reading the comparison …"))
        self.words.setText(
            "" if share is None else said("{percent} % of its records.").format(percent=int(100 * share))
        )
        self._offer(False)

    def _offer(self, offered: bool) -> None:
        for button in (self.button, self.own):
            button.setVisible(offered)

    def show_damage(self, sentence: str) -> None:
        """Why the chosen one cannot be shown."""
        self._offer(False)
        self.title.setText(said("This comparison cannot be shown"))
        self.words.setText(sentence)

    def set_theme(self, theme: Theme | None) -> None:
        """Follows the size of the type."""
        font = QFont(QApplication.font())
        font.setPointSizeF(font.pointSizeF() * _LARGE)
        font.setWeight(QFont.Weight.DemiBold)
        self.title.setFont(font)
        for label in (self.title, self.words):  # a fixed width, or a wrapped text is cut at half its height
            label.setFixedWidth(round(QFontMetrics(QApplication.font()).averageCharWidth() * _LETTERS))


def _centred(label: QLabel) -> QHBoxLayout:
    line = QHBoxLayout()
    line.addStretch()
    line.addWidget(label)
    line.addStretch()
    return line
