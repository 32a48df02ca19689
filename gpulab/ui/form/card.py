"""A technique is one card: off it says in a line what it is, on it shows its settings, what it buys, what it costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QSizePolicy, QVBoxLayout, QWidget

from gpulab.spec.setting import Value
from gpulab.ui.form.field import chained
from gpulab.ui.form.row import note
from gpulab.ui.form.section import Section
from gpulab.ui.form.verdict import Verdict
from gpulab.ui.form.words import words
from gpulab.ui.theme import Switch, Theme
from gpulab.ui.theme.pictures import Picture, has_picture
from gpulab.viewmodels.cards import Card

MakeSection = Callable[[Card, QWidget], Section]

_LINES = 1.6
"""How high the drawing is, in lines of text."""


class TechniqueCard(QFrame):
    """The card of one technique. What shows only while it is on is made when it is first switched on."""

    switched = Signal(str, bool)
    about_asked = Signal(str)
    compare_asked = Signal(str)

    def __init__(self, card: Card, make_section: MakeSection, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.card, self._make_section, self._theme = card, make_section, theme
        self.section: Section | None = None
        self._body: CardBody | None = None
        self.setProperty("member", True)
        self.setAccessibleName(words(card.label))
        self.switch = Switch("", self)
        self.switch.setAccessibleName(words(card.label))
        self.switch.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.switch.clicked.connect(lambda on: self.switched.emit(card.name, on))
        self.obstacle, self.error = note(self, "warning"), note(self, "danger")
        self.obstacle.hide()
        self.error.hide()
        self.name = QLabel(words(card.label), self)
        self.picture = Picture(card.name, theme, _LINES, self) if has_picture(card.name) else None
        self._lay_out()
        self.show_obstacle("")

    def show_on(self, on: bool) -> None:
        """Folds the card open or shut without telling."""
        self.switch.setChecked(on)
        if on and not self._body:
            self._unfold()
        if self._body:
            self._body.setVisible(on)

    def show_obstacle(self, sentence: str) -> None:
        """Disables what cannot be switched on, and says why; the keys still come by, so that they can read it too."""
        locked = bool(sentence)
        for part in (self.switch, self.name, self.picture):
            if part:
                part.setEnabled(not locked)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if locked else Qt.FocusPolicy.NoFocus)
        chained([self.switch, self])
        self.obstacle.setText(sentence)
        self.obstacle.setVisible(locked)
        said = f"{sentence} {words(self.card.summary)}".strip()
        self.setAccessibleDescription(said)
        self.switch.setAccessibleDescription(said)

    def keys(self) -> QWidget:
        """What takes the keys: the switch, or the whole card where the switch is disabled."""
        return self.switch if self.switch.isEnabled() else self

    def order(self) -> list[QWidget]:
        """What the keys walk through, in this order."""
        fields = self.section.order() if self.section else []
        return [self.switch, *fields, *([self._body.sources] if self._body else [])]

    def show_errors(self, sentences: Mapping[str, str]) -> None:
        """Puts each sentence below its field, and the card's own below its summary."""
        self.error.setText(sentences.get(self.card.path, ""))
        self.error.setVisible(bool(self.error.text()))
        if self.section:
            self.section.show_errors(sentences)

    def show_values(self, values: Mapping[str, Value]) -> None:
        """Puts the values into the fields, where there are fields already."""
        if self.section:
            self.section.show_values(values)

    def set_theme(self, theme: Theme) -> None:
        """Redraws the pictures and the coloured words."""
        self._theme = theme
        if self.picture:
            self.picture.set_theme(theme)
        if self._body:
            self._body.set_theme(theme)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Off or on, it can be compared with going without."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        compare = menu.addAction(self.tr("Compare with and without…"))
        compare.setEnabled(self.switch.isEnabled())
        compare.triggered.connect(lambda: self.compare_asked.emit(self.card.name))
        menu.popup(event.globalPos())

    def _lay_out(self) -> None:
        self.name.setProperty("heading", True)
        summary = QLabel(words(self.card.summary), self)
        summary.setProperty("muted", True)
        for label in (self.name, summary, self.switch):
            label.setToolTip(self._tooltip())
        top, below = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.name, 1)
        top.addWidget(self.switch, 0, Qt.AlignmentFlag.AlignTop)
        below.setSpacing(8)
        if self.picture:
            below.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        below.addWidget(summary, 1)
        for label in (self.name, summary):
            label.setWordWrap(True)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(10, 8, 8, 9)
        self._column.setSpacing(3)
        self._column.addLayout(top)
        self._column.addLayout(below)
        self._column.addWidget(self.obstacle)
        self._column.addWidget(self.error)

    def _unfold(self) -> None:
        self.section = self._make_section(self.card, self)
        self._body = CardBody(self.card, self.section, self._theme, self)
        self._body.about_asked.connect(lambda: self.about_asked.emit(self.card.name))
        self._body.compare_asked.connect(lambda: self.compare_asked.emit(self.card.name))
        self._column.addWidget(self._body)
        chained(self.order())

    def _tooltip(self) -> str:
        buys, costs = self.tr("Buys"), self.tr("Costs")
        promise, risk = escape(words(self.card.promise)), escape(words(self.card.risk))
        return f"<p>{escape(words(self.card.summary))}</p><p><b>{buys}:</b> {promise}</p><p><b>{costs}:</b> {risk}</p>"


class CardBody(QWidget):
    """What a card shows while its technique is on."""

    about_asked = Signal()
    compare_asked = Signal()

    def __init__(self, card: Card, section: Section, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._promise = Verdict(self.tr("Buys"), escape(words(card.promise)), "good", "check", self)
        self._risk = Verdict(self.tr("Costs"), escape(words(card.risk)), "warning", "warning", self)
        about, compare = escape(self.tr("Where this comes from")), escape(self.tr("Compare with and without"))
        links = f'<a href="#compare">{compare}</a><br><a href="#about">{about}</a>'
        self._sources = Verdict("", links, "info", "info", self)
        self.sources = self._sources.text
        self.sources.linkActivated.connect(self._follow)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 2, 0)
        column.setSpacing(6)
        for part in (section, self._promise, self._risk, self._sources):
            column.addWidget(part)
        self.set_theme(theme)

    def _follow(self, link: str) -> None:
        (self.compare_asked if link == "#compare" else self.about_asked).emit()

    def set_theme(self, theme: Theme) -> None:
        """Redraws the pictures and the coloured words."""
        self._promise.set_theme(theme)
        self._risk.set_theme(theme)
        self._sources.set_theme(theme)
