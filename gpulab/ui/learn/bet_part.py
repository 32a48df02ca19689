"""Where the room's guesses are typed in, and where they stand beside the result."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gpulab.lessons.bets import Guess, ranked, unit_of
from gpulab.lessons.figures import Figure
from gpulab.spec.lesson import Bet, Lesson
from gpulab.ui.lab.words import said
from gpulab.ui.learn.type import LARGE, NORMAL, SMALL, Words, sized
from gpulab.ui.learn.words import guess_line, off_line, truth_line

_MOST = 12  # guesses that a screen has room for; those after them are counted
_NAME_LETTERS, _GUESS_LETTERS = 14, 12
_WALKS = (Qt.Key.Key_Space, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Home, Qt.Key.Key_End)
_REMOTE = (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)
_FIGURES = frozenset("0123456789+-−.,")


class BetPart(QWidget):
    """`guessed` carries what was typed and by whom, `taken_back` a guess' place, `walked` a key for the player."""

    guessed = Signal(str, str)
    taken_back = Signal(int)
    walked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.question, self.wrong = Words(LARGE, bold=True), Words(SMALL)
        self.wrong.mean("danger")
        self.who, self.guess, self.add = QLineEdit(), QLineEdit(), QPushButton(said("Add"))
        self.unit = Words(NORMAL, muted=True)
        self._row, self._choices, self._chips = QWidget(), QWidget(), QWidget()
        self._buttons: list[QPushButton] = []
        self._bet: Bet | None = None
        self._lesson: Lesson | None = None
        self._lay_out()
        self.add.clicked.connect(self._enter)
        for line in (self.guess, self.who):
            line.installEventFilter(self)

    def _lay_out(self) -> None:
        self.guess.setAccessibleName(said("A guess"))
        self.guess.setPlaceholderText(said("guess"))
        self.who.setAccessibleName(said("Who guesses, if anybody says so"))
        self.who.setPlaceholderText(said("name (optional)"))
        self.add.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.add.setToolTip(said("Takes the guess down. Enter does it too."))
        row = QHBoxLayout(self._row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for part in (self.guess, self.unit, self.who, self.add):
            row.addWidget(part)
        self.unit.setWordWrap(False)
        row.addStretch(1)
        for widget in (self._choices, self._chips):
            inside = QVBoxLayout(widget)
            inside.setContentsMargins(0, 0, 0, 0)
            inside.setSpacing(6)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        for widget in (self.question, self._choices, self._row, self.wrong, self._chips):
            column.addWidget(widget)
        self.wrong.hide()

    def show_bet(self, bet: Bet, lesson: Lesson, guesses: tuple[Guess, ...], locked: bool = False) -> None:
        """The question, and what was guessed so far; while it is `locked` nobody may add to it."""
        if bet is not self._bet:
            self._bet, self._lesson = bet, lesson
            self.question.say(said(bet.question))
            self.unit.say(said(unit_of(bet, lesson)))
            self.wrong.hide()
            self.guess.clear()
            self._offer(bet)
        self.guess.setVisible(not bet.choices)
        self.add.setVisible(not bet.choices)
        self.unit.setVisible(bool(self.unit.text()) and not bet.choices)
        self._row.setVisible(not locked)
        for button in self._buttons:
            button.setEnabled(not locked)
        self._list(guesses, locked)

    def type(self, event: QKeyEvent) -> bool:
        """Lets somebody type who has not gone to the field: digits go there. Says whether it took the key."""
        if self._bet is None or event.text() not in _FIGURES or not event.text():
            return False
        if self._bet.choices:
            self.guessed.emit(event.text(), self.who.text())
        else:
            self.guess.setFocus(Qt.FocusReason.OtherFocusReason)
            self.guess.insert(event.text())
        return True

    def refuse(self) -> None:
        """What was typed is no guess."""
        self.wrong.say(said("A guess is a number: “{typed}” is none.").format(typed=self.guess.text()))
        self.guess.selectAll()

    def take(self) -> None:
        """What was typed was taken down; the next may be."""
        self.wrong.hide()
        self.guess.clear()
        self.who.clear()

    def dress(self) -> None:
        """Fields as large as the words beside them."""
        for field, letters in ((self.guess, _GUESS_LETTERS), (self.who, _NAME_LETTERS)):
            field.setFont(sized(NORMAL))
            field.setFixedWidth(field.fontMetrics().averageCharWidth() * letters + 24)
        for button in (self.add, *self._buttons):
            button.setFont(sized(NORMAL))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """In an empty field the player's keys walk, those of a remote control in any.

        Enter takes a guess down, and walks on where there is none.
        """
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.guess.text().strip():
                self._enter()
            else:
                self.walked.emit(int(Qt.Key.Key_Space))
            return True
        empty = not self.guess.text() and not self.who.text()
        alone = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if event.key() in _REMOTE or (event.key() in _WALKS and alone and empty):
            self.walked.emit(int(event.key()))
            return True
        return False

    def _enter(self) -> None:
        if self.guess.text().strip():
            self.guessed.emit(self.guess.text(), self.who.text())
            self.guess.setFocus(Qt.FocusReason.OtherFocusReason)

    def _offer(self, bet: Bet) -> None:
        _empty(self._choices)
        self._buttons = []
        inside = self._choices.layout()
        assert isinstance(inside, QVBoxLayout)
        for place, choice in enumerate(bet.choices):
            button = QPushButton(f"{place + 1}   {said(choice.name)}")
            button.setToolTip(said("One more for this answer. The key {key} does it too.").format(key=place + 1))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _=False, place=place: self.guessed.emit(str(place + 1), self.who.text()))
            self._buttons.append(button)
            inside.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        self._choices.setVisible(bool(bet.choices))
        self.dress()

    def _list(self, guesses: tuple[Guess, ...], locked: bool) -> None:
        _empty(self._chips)
        inside = self._chips.layout()
        assert isinstance(inside, QVBoxLayout)
        assert self._bet is not None
        assert self._lesson is not None
        if self._bet.choices:
            lines = [
                (f"{_count(guesses, place)} × {said(one.name)}", -1) for place, one in enumerate(self._bet.choices)
            ]
            shown = lines if guesses else []
        else:
            shown = [(guess_line(self._bet, self._lesson, guess), place) for place, guess in enumerate(guesses)][
                -_MOST:
            ]
        for text, place in shown:
            inside.addWidget(self._chip(text, -1 if locked else place))
        if len(guesses) > len(shown) and not self._bet.choices:
            inside.addWidget(_label(said("and {count} before them").format(count=len(guesses) - len(shown))))
        self._chips.setVisible(bool(guesses))

    def _chip(self, text: str, place: int) -> QWidget:
        chip = QWidget()
        row = QHBoxLayout(chip)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(_label(text))
        if place >= 0:
            away = QToolButton()
            away.setText("✕")
            away.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            away.setToolTip(said("Takes this guess away"))
            away.setAccessibleName(said("Take away {guess}").format(guess=text))
            away.clicked.connect(lambda: self.taken_back.emit(place))
            row.addWidget(away)
        row.addStretch(1)
        return chip


class GuessBoard(QWidget):
    """The room's guesses about one figure, beside the figure: the closest first, marked by a star and a word."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(18)
        self._grid.setVerticalSpacing(4)
        self._told: object = None

    def show_guesses(
        self, lesson: Lesson, bets: list[tuple[Bet, tuple[Guess, ...]]], figure: Callable[[str], Figure]
    ) -> None:
        """Each bet with its guesses; `figure` knows what came out."""
        told = [(bet.question, guesses, figure(bet.about)) for bet, guesses in bets]
        self.setVisible(bool(bets))
        if told == self._told:
            return
        self._told = told
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for bet, guesses in bets:
            self._add(bet, lesson, guesses, figure(bet.about))

    def _add(self, bet: Bet, lesson: Lesson, guesses: tuple[Guess, ...], figure: Figure) -> None:
        row = self._grid.rowCount()
        head = Words(NORMAL, bold=True)
        head.say(truth_line(bet, lesson, figure))
        self._grid.addWidget(head, row, 0, 1, 2)
        for one in ranked(bet, lesson, guesses, figure)[:_MOST]:
            row += 1
            line, off = Words(NORMAL), Words(NORMAL, muted=not one.won)
            line.say(guess_line(bet, lesson, one.guess))
            off.say(off_line(bet, lesson, one, figure.known))
            off.mean("good" if one.won else "")
            self._grid.addWidget(line, row, 0)
            self._grid.addWidget(off, row, 1)
        self._grid.setColumnStretch(1, 1)


def _count(guesses: tuple[Guess, ...], place: int) -> int:
    return sum(int(guess.value) == place for guess in guesses)


def _label(text: str) -> QLabel:
    words = Words(NORMAL)
    words.setWordWrap(False)
    words.setText(text)
    return words


def _empty(widget: QWidget) -> None:
    inside = widget.layout()
    while inside is not None and (item := inside.takeAt(0)) is not None:
        if (child := item.widget()) is not None:
            child.hide()
            child.deleteLater()
