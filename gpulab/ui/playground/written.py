"""What one model writes, letter by letter, over how fast it did that."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QColor, QFontDatabase, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPlainTextEdit, QTextEdit, QVBoxLayout, QWidget

from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme
from gpulab.viewmodels.figures import NONE, figure, si
from gpulab.viewmodels.playground.writing import Side

_MARKED = 1  # letters that are marked where two texts part


class Written(QFrame):
    """A card with a name, a text that grows, and four figures. The prompt stands before the text, in a weaker ink."""

    def __init__(self, name: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self._theme, self._prompt, self._shown = theme, "", ""
        self._parted: int | None = None
        self.name = QLabel(name)
        self.name.setProperty("heading", True)
        self.name.setWordWrap(True)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setPlaceholderText(said("What it writes will stand here."))
        self.text.setAccessibleName(name)
        self._figures = [self._figure(words) for words in (said("writing"), said("first token"), said("memory"))]
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.addWidget(self.name)
        column.addWidget(self.text, 1)
        grid = QGridLayout()
        grid.setHorizontalSpacing(18)
        for place, (value, below) in enumerate(self._figures):
            grid.addWidget(value, 0, place)
            grid.addWidget(below, 1, place)
        grid.setColumnStretch(len(self._figures), 1)
        column.addLayout(grid)
        self.show_figures(Side())

    @staticmethod
    def _figure(words: str) -> tuple[QLabel, QLabel]:
        value, below = QLabel(NONE), QLabel(words)
        value.setProperty("heading", True)
        value.setAccessibleName(words)
        below.setProperty("muted", True)
        return value, below

    def show_name(self, name: str) -> None:
        """Which model it is."""
        self.name.setText(name)
        self.text.setAccessibleName(name)

    def begin(self, prompt: str) -> None:
        """An empty page that begins with `prompt`."""
        self.text.clear()
        self._prompt, self._shown, self._parted = prompt, "", None
        self.text.setExtraSelections([])
        self._append(prompt, self._theme.muted)
        self.text.verticalScrollBar().setValue(self.text.verticalScrollBar().maximum())

    def show_side(self, side: Side, parted: int | None) -> None:
        """What was written so far; `parted` is the letter in which it first differs from the other text."""
        if len(side.text) > len(self._shown):
            bar = self.text.verticalScrollBar()
            following = bar.value() >= bar.maximum() - 1
            self._append(side.text[len(self._shown) :], self._theme.text)
            self._shown = side.text
            if following:
                bar.setValue(bar.maximum())
        if parted != self._parted and parted is not None and parted < len(self._shown):
            self._parted = parted
            self._mark()
        self.show_figures(side)

    def show_figures(self, side: Side) -> None:
        """Speed, time to the first token, memory."""
        speed, first, memory = (side.figures.get(key) for key in ("tokens_per_s", "first_token_s", "memory_bytes"))
        rate = f"{si(speed)} {said('tokens/s')}" if speed is not None else NONE
        wait = f"{si(first * 1000)} ms" if first is not None else NONE
        for (label, _), words in zip(self._figures, (rate, wait, figure(memory, "bytes")), strict=True):
            label.setText(words)

    def set_theme(self, theme: Theme, points: float) -> None:
        """Colours, and the size of the fixed-width type."""
        self._theme = theme
        font = self.text.font()
        font.setPointSizeF(points)
        self.text.setFont(font)
        prompt, shown = self._prompt, self._shown
        self.text.clear()
        self._append(prompt, theme.muted)
        self._append(shown, theme.text)
        self._mark()

    def _append(self, text: str, colour: str) -> None:
        ink = QTextCharFormat()
        ink.setForeground(QColor(colour))
        cursor = QTextCursor(self.text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(text, ink)

    def _mark(self) -> None:
        """The first letter that differs stands on the colour of selections, with a line below it."""
        marks: Sequence[QTextEdit.ExtraSelection] = []
        if self._parted is not None:
            mark = QTextEdit.ExtraSelection()
            cursor = QTextCursor(self.text.document())
            # Qt counts in UTF-16, where a letter beyond the first 65,536 takes two places.
            before = len((self._prompt + self._shown[: self._parted]).encode("utf-16-le")) // 2
            cursor.setPosition(before)
            cursor.movePosition(QTextCursor.MoveOperation.Right, QTextCursor.MoveMode.KeepAnchor, _MARKED)
            look = QTextCharFormat()
            look.setBackground(QColor(self._theme.accent))
            look.setForeground(QColor(self._theme.accent_text))
            mark.cursor, mark.format = cursor, look
            marks = [mark]
        self.text.setExtraSelections(marks)
