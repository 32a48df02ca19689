"""The blind test on the screen: two texts, two buttons, and at the end whether the room can tell them apart."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from gpulab.analysis.guessing import fewest, saying, told_apart
from gpulab.ui.lab.words import capital, said
from gpulab.viewmodels.playground.tasting import Tasting
from gpulab.words import sentence

_LARGER = 1.15


class TastingTab(QWidget):
    """`guessed` tells that a round is over. The keys 1 and 2 or the arrows guess as well."""

    guessed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tasting: Tasting | None = None
        self.second = ""
        self.head, self.told = QLabel(), QLabel()
        self.head.setProperty("heading", True)
        for label in (self.head, self.told):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.texts = [self._text(words) for words in (said("Left"), said("Right"))]
        self.buttons = [
            self._button(words, left) for words, left in ((said("The left one"), True), (said("The right one"), False))
        ]
        self._lay_out()
        self.invite()

    def _lay_out(self) -> None:
        """Buttons stand at the bottom and texts scroll: a room that clicks without looking must not miss."""
        words = QVBoxLayout()
        words.addStretch()
        words.addWidget(self.head)
        words.addWidget(self.told)
        words.addStretch()
        self.board = QWidget()
        columns = QHBoxLayout(self.board)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(12)
        for (card, _), button in zip(self.texts, self.buttons, strict=True):
            column = QVBoxLayout()
            column.addWidget(card, 1)
            column.addWidget(button, alignment=Qt.AlignmentFlag.AlignHCenter)
            columns.addLayout(column, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 12, 0, 12)
        whole.setSpacing(12)
        whole.addLayout(words)
        whole.addWidget(self.board, 1)

    def _text(self, name: str) -> tuple[QFrame, QLabel]:
        card, text = QFrame(), QLabel()
        card.setProperty("card", True)
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setWordWrap(True)
        text.setAlignment(Qt.AlignmentFlag.AlignTop)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        text.setAccessibleName(name)
        text.setProperty("clear", True)
        area = QScrollArea()
        area.setWidget(text)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(18, 16, 18, 16)
        inside.addWidget(area, 1)
        return card, text

    def _button(self, words: str, left: bool) -> QPushButton:
        button = QPushButton(words)
        button.setShortcut("1" if left else "2")
        button.setAutoDefault(True)  # so that Return presses it, as Space does
        button.setToolTip(said("The key {key} does it too.").format(key="1" if left else "2"))
        button.clicked.connect(lambda: self.guess(left))
        return button

    # --- what happens ---

    def invite(self) -> None:
        """Nothing was written yet."""
        self.tasting = None
        self._show(
            said("Can the room tell which of two texts the second model wrote?"),
            said("Press Start. Both models write a long text from your prompt; the room then guesses, piece by piece."),
        )

    def wait(self) -> None:
        """The models are writing."""
        self.tasting = None
        self._show(said("Both models are writing …"), "")

    def begin(self, tasting: Tasting, second: str) -> None:
        """The first round of `tasting`; `second` is the name of the model that is to be found out."""
        self.tasting, self.second = tasting, second
        if len(tasting.rounds) < fewest():
            words = said("These texts give only {n} pairs that differ, and {least} are needed to decide anything.")
            more = said("Write a longer text, choose another seed, or compare models that are less alike.")
            self.tasting = None
            self._show(words.format(n=len(tasting.rounds), least=fewest()), more)
            return
        self._show_round(said("Guess in all rounds before the answer is read: stopping early would flatter the room."))
        self.buttons[0].setFocus()

    def guess(self, left: bool) -> None:
        """The room has decided."""
        if self.tasting is None or self.tasting.now is None:
            return
        right = self.tasting.guess(left)
        words = said("Right, that was “{name}”.") if right else said("No, that was the other model, not “{name}”.")
        self._show_round(words.format(name=self.second))
        self.guessed.emit()

    def _show_round(self, told: str) -> None:
        assert self.tasting is not None
        now, guesses, planned = self.tasting.now, len(self.tasting.guesses), len(self.tasting.rounds)
        if now is None:
            found = saying(told_apart(self.tasting.right, guesses, planned))
            self._show(capital(sentence(found.key, found.arguments, said)), told)
            return
        head = said("Round {n} of {of}: which one did “{name}” write? {right} right so far.")
        words = head.format(n=guesses + 1, of=planned, name=self.second, right=self.tasting.right)
        self._show(words, told, (now.left, now.right))

    def _show(self, head: str, told: str, texts: tuple[str, str] | None = None) -> None:
        self.head.setText(head)
        self.told.setText(told)
        self.told.setVisible(bool(told))
        for (_, label), text in zip(self.texts, texts or ("", ""), strict=True):
            label.setText(text)
        self.board.setVisible(texts is not None)

    def set_scale(self) -> None:
        """Takes the size of the application's type anew."""
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * _LARGER)
        for _, label in self.texts:
            label.setFont(font)
        font.setPointSizeF(font.pointSizeF() * _LARGER)
        font.setBold(True)
        self.head.setFont(font)
