"""Every technique by its card: what it does, buys and costs, where that comes from, and the way to try it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QFont
from PySide6.QtWidgets import (
    QApplication,
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
from gpulab.ui.form.about_technique import linked
from gpulab.ui.form.verdict import Verdict
from gpulab.ui.form.words import words
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme
from gpulab.ui.theme.pictures import Picture, has_picture
from gpulab.viewmodels.cards import Card, Family, families

_LARGE = 1.35
_LINES = 4.0
_LETTERS = 34


class TechniquesTab(QWidget):
    """`tried` carries the name of a technique that is to be switched on in the Lab."""

    tried = Signal(str)

    def __init__(self, settings: Mapping[str, Setting], theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._families = {family.key: family for family in families(settings)}
        self.line, self.list = QLineEdit(), QListWidget()
        self.cards: list[TechniqueTile] = []
        self._title = QLabel()
        self._lay_out()
        self.line.textChanged.connect(self._narrow)
        self.list.currentItemChanged.connect(lambda now, _: self._show(now))
        self._narrow("")

    def _lay_out(self) -> None:
        self.line.setPlaceholderText(said("Find a technique…"))
        self.line.setAccessibleName(said("Find a technique"))
        self.line.setClearButtonEnabled(True)
        self.list.setAccessibleName(said("Groups of techniques"))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.room = QScrollArea()
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
        self._narrow_list()

    def set_theme(self, theme: Theme, scale: float) -> None:
        """Colours and size of type."""
        self._theme = theme
        self._narrow_list()
        self._show(self.list.currentItem())

    def set_calm(self, calm: bool) -> None:
        """An audience needs no line to find by."""
        self.line.setVisible(not calm)

    def step(self, way: int) -> None:
        """To the next group, or the one before."""
        self.list.setCurrentRow(min(max(self.list.currentRow() + way, 0), self.list.count() - 1))

    def show_family(self, key: str) -> None:
        """Turns to the card `key` (`A1` …)."""
        self.line.clear()
        for row in range(self.list.count()):
            if self.list.item(row).data(Qt.ItemDataRole.UserRole) == key:
                self.list.setCurrentRow(row)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The keys go to the groups."""
        self.list.setFocus(event.reason())

    def _narrow_list(self) -> None:
        wide = self.list.fontMetrics().averageCharWidth() * _LETTERS
        for widget in (self.line, self.list):
            widget.setFixedWidth(wide)

    def _narrow(self, query: str) -> None:
        """The groups that the words in the line can mean."""
        found = [one for one in self._families.values() if one.members and (not query or one.found(query))]
        self.list.blockSignals(True)
        self.list.clear()
        for family in found:
            item = QListWidgetItem(words(family.title))
            item.setData(Qt.ItemDataRole.UserRole, family.key)
            item.setToolTip(words(family.about))
            self.list.addItem(item)
        self.list.blockSignals(False)
        self.list.setCurrentRow(0)
        self._show(self.list.currentItem())

    def _show(self, item: QListWidgetItem | None) -> None:
        inside = QWidget()
        inside.setProperty("clear", True)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 12, 8)
        column.setSpacing(10)
        self.cards = []
        if item is None:
            column.addWidget(_muted(said("No technique is called so.")))
        else:
            self._fill(column, self._families[item.data(Qt.ItemDataRole.UserRole)])
        column.addStretch(1)
        self.room.setWidget(inside)

    def _fill(self, column: QVBoxLayout, family: Family) -> None:
        self._title = QLabel(words(family.title))
        font = QFont(QApplication.font())
        font.setPointSizeF(font.pointSizeF() * _LARGE)
        font.setWeight(QFont.Weight.DemiBold)
        self._title.setFont(font)
        column.addWidget(self._title)
        column.addWidget(_muted(words(family.about)))
        found = family.found(self.line.text()) if self.line.text() else family.names
        for card in family.members:
            if card.name in (found or ()):
                tile = TechniqueTile(card, self._theme)
                tile.tried.connect(self.tried)
                self.cards.append(tile)
                column.addWidget(tile)


class TechniqueTile(QFrame):
    """One technique: picture, what it does, promise and risk side by side, sources, and the way to try it."""

    tried = Signal(str)

    def __init__(self, card: Card, theme: Theme) -> None:
        super().__init__()
        self.card = card
        self.setProperty("card", True)
        self.setAccessibleName(words(card.label))
        title = QLabel(words(card.label))
        title.setProperty("heading", True)
        self.button = QPushButton(said("Try it in the Lab"))
        self.button.setToolTip(said("Switches it on in the experiment. Ctrl+Z takes it back."))
        self.button.setAccessibleName(said("Try {technique} in the Lab").format(technique=words(card.label)))
        self.button.clicked.connect(lambda: self.tried.emit(card.name))
        head = QHBoxLayout()
        head.setSpacing(14)
        if has_picture(card.name):
            head.addWidget(Picture(card.name, theme, _LINES), 0, Qt.AlignmentFlag.AlignTop)
        about = QVBoxLayout()
        about.setSpacing(4)
        about.addWidget(title)
        about.addWidget(_plain(words(card.summary)))
        about.addStretch(1)
        head.addLayout(about, 1)
        head.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(8)
        column.addLayout(head)
        for word, text, severity, mark in (
            (said("Buys"), card.promise, "good", "check"),
            (said("Costs"), card.risk, "warning", "warning"),
        ):
            verdict = Verdict(word, escape(words(text)), severity, mark, self)
            verdict.set_theme(theme)
            column.addWidget(verdict)
        column.addWidget(_sources(card))


def _sources(card: Card) -> QLabel:
    label = QLabel(said("Sources: {list}").format(list="; ".join(linked(source) for source in card.sources)))
    label.setProperty("muted", True)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setWordWrap(True)
    label.setOpenExternalLinks(True)
    flags = Qt.TextInteractionFlag
    label.setTextInteractionFlags(flags.LinksAccessibleByMouse | flags.LinksAccessibleByKeyboard)
    return label


def _plain(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def _muted(text: str) -> QLabel:
    label = _plain(text)
    label.setProperty("muted", True)
    return label
