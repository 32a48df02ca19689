"""Every term of the glossary: found by its name or by what is said of it, with its neighbours and its card."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gpulab.spec.setting import Setting
from gpulab.ui.lab.words import said
from gpulab.ui.learn.tiles import Tiles, Told
from gpulab.ui.learn.type import LARGE, NORMAL, SMALL, Words, dress_all, framed
from gpulab.ui.theme import Theme
from gpulab.viewmodels.cards import families
from gpulab.viewmodels.glossary import Term, glossary

_LETTERS = 34
_KEY = Qt.ItemDataRole.UserRole
_INTO_THE_LIST = (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class GlossaryTab(QWidget):
    """`card_asked` carries the key of the card of techniques that a person wants to see."""

    card_asked = Signal(str)

    def __init__(self, settings: Mapping[str, Setting], theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._cards = {family.key: said(family.title) for family in families(settings) if family.members}
        self.line, self.list, self.room = QLineEdit(), QListWidget(), QScrollArea()
        self.term: Term | None = None
        self.shown: TermPane | None = None
        self._lay_out()
        self.line.textChanged.connect(self._narrow)
        self.list.currentItemChanged.connect(lambda now, _: self._turn_to(now))
        self._narrow("")

    def _lay_out(self) -> None:
        self.line.setPlaceholderText(said("Find a term…"))
        self.line.setAccessibleName(said("Find a term"))
        self.line.setToolTip(said("Looks through the terms and what is said of them."))
        self.line.setClearButtonEnabled(True)
        self.list.setAccessibleName(said("Terms"))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.room.setWidgetResizable(True)
        self.room.setFrameShape(QFrame.Shape.NoFrame)
        self.room.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.line)
        left.addWidget(self.list, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 10, 4, 8)
        row.setSpacing(14)
        row.addLayout(left)
        row.addWidget(self.room, 1)
        self._fit()

    def set_theme(self, theme: Theme, scale: float) -> None:
        """Colours and size of type."""
        self._theme = theme
        self._fit()
        self._show(self.term)

    def set_calm(self, calm: bool) -> None:
        """An audience needs no line to find by."""
        self.line.setVisible(not calm)

    def show_term(self, key: str) -> None:
        """Turns to the term `key`, whatever was looked for before."""
        self.line.clear()
        for row in range(self.list.count()):
            if self.list.item(row).data(_KEY) == key:
                self.list.setCurrentRow(row)
                self.list.scrollToItem(self.list.item(row))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The keys go to the terms; in the list a letter goes to the terms that begin with it."""
        self.list.setFocus(event.reason())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Down and Enter go from the line to what it found, Esc forgets what was looked for."""
        if self.line.hasFocus() and event.key() in _INTO_THE_LIST:
            self.list.setFocus(Qt.FocusReason.TabFocusReason)
        elif event.key() == Qt.Key.Key_Escape and self.line.text():
            self.line.clear()
        else:
            super().keyPressEvent(event)

    def _fit(self) -> None:
        wide = self.list.fontMetrics().averageCharWidth() * _LETTERS
        for widget in (self.line, self.list):
            widget.setFixedWidth(wide)

    def _narrow(self, query: str) -> None:
        """The terms that the words in the line can mean, the best first; with none the one that is shown stays."""
        found = glossary().found(query)
        self.list.blockSignals(True)
        self.list.clear()
        for term in found:
            name = said(term.name)
            item = QListWidgetItem(said("{term} (left to others)").format(term=name) if term.elsewhere else name)
            item.setData(_KEY, term.key)
            self.list.addItem(item)
        stays = 0 if query or self.term is None else next((at for at, one in enumerate(found) if one == self.term), 0)
        self.list.setCurrentRow(stays if found else -1)
        self.list.blockSignals(False)
        self._turn_to(self.list.currentItem())

    def _turn_to(self, item: QListWidgetItem | None) -> None:
        self._show(glossary().terms[item.data(_KEY)] if item is not None else None)

    def _show(self, term: Term | None) -> None:
        self.term, self.shown = term, None
        inside = QWidget()
        inside.setProperty("clear", True)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 12, 8)
        column.setSpacing(10)
        if term is None:
            empty = Words(NORMAL, muted=True)
            empty.say(
                said("Nothing found for “{words}”. Try fewer words, or one of them.").format(words=self.line.text())
            )
            column.addWidget(empty)
        else:
            self.shown = TermPane(term, self._cards.get(term.card, ""), self._theme)
            self.shown.asked.connect(self._go_to)
            self.shown.card_asked.connect(self.card_asked)
            column.addWidget(self.shown)
        column.addStretch(1)
        self.room.setWidget(inside)
        dress_all(inside)

    def _go_to(self, key: str) -> None:
        """A neighbour was pressed: the keys go to its place in the list."""
        self.show_term(key)
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)


class TermPane(QWidget):
    """One term in full. `asked` carries the key of a neighbour, `card_asked` that of its card of techniques."""

    asked = Signal(str)
    card_asked = Signal(str)

    def __init__(self, term: Term, card: str, theme: Theme) -> None:
        super().__init__()
        self.setProperty("clear", True)
        self.button: QPushButton | None = None
        self.near: Tiles | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self._told(term, card))
        known = glossary().terms
        if term.see:
            heading = Words(SMALL, bold=True)
            heading.say(said("Near it"))
            self.near = Tiles([Told(key, said(known[key].name), said(known[key].text)) for key in term.see], theme)
            self.near.pressed.connect(self.asked)
            column.addSpacing(6)
            column.addWidget(heading)
            column.addWidget(self.near)

    def _told(self, term: Term, card: str) -> QFrame:
        frame = framed()
        frame.setAccessibleName(said("Term: {name}").format(name=said(term.name)))
        frame.setAccessibleDescription(f"{said(term.text)} {said(term.here)}")
        inside = QVBoxLayout(frame)
        inside.setContentsMargins(18, 14, 18, 16)
        inside.setSpacing(8)
        name, text, where, here = Words(LARGE, bold=True), Words(NORMAL), Words(SMALL, bold=True), Words(SMALL)
        name.say(said(term.name))
        text.say(said(term.text))
        where.say(said("Left to others") if term.elsewhere else said("In GPU Lab"))
        here.say(said(term.here))
        head = QHBoxLayout()
        head.addWidget(name, 1)
        if term.elsewhere:
            head.addWidget(_chip(said("left to others")), 0, Qt.AlignmentFlag.AlignVCenter)
        inside.addLayout(head)
        for words in (text, where, here):
            inside.addWidget(words)
        if card:
            self.button = QPushButton(said("Techniques: {card}").format(card=card))
            self.button.setToolTip(said("Shows what can be switched on, with promise and risk."))
            self.button.clicked.connect(lambda: self.card_asked.emit(term.card))
            inside.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        return frame


def _chip(text: str) -> QLabel:
    chip = QLabel(text)
    chip.setProperty("chip", True)
    return chip
