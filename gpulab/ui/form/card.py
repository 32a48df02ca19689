"""A technique is one card: off it says in a line what it is, on it shows its settings, what it buys, what it costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gpulab.spec.setting import Value
from gpulab.ui.form.field import chained
from gpulab.ui.form.row import note
from gpulab.ui.form.section import Section
from gpulab.ui.form.verdict import Verdict
from gpulab.ui.form.words import words
from gpulab.ui.theme import Switch, Theme
from gpulab.viewmodels.cards import Card

MakeSection = Callable[[Card, QWidget], Section]


class TechniqueCard(QFrame):
    """The card of one technique. What shows only while it is on is made when it is first switched on."""

    switched = Signal(str, bool)
    about_asked = Signal(str)

    def __init__(self, card: Card, make_section: MakeSection, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.card, self._make_section, self._theme = card, make_section, theme
        self.section: Section | None = None
        self._body: CardBody | None = None
        self.setProperty("card", True)
        self.setAccessibleName(words(card.label))
        self.switch = Switch("", self)
        self.switch.setAccessibleName(words(card.label))
        self.switch.setAccessibleDescription(words(card.summary))
        self.switch.setToolTip(self._tooltip())
        self.switch.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.switch.clicked.connect(lambda on: self.switched.emit(card.name, on))
        self.error = note(self, "danger")
        self.error.hide()
        self._lay_out()

    def show_on(self, on: bool) -> None:
        """Folds the card open or shut without telling."""
        self.switch.setChecked(on)
        if on and not self._body:
            self._unfold()
        if self._body:
            self._body.setVisible(on)

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
        if self._body:
            self._body.set_theme(theme)

    def _lay_out(self) -> None:
        name = QLabel(words(self.card.label), self)
        name.setProperty("heading", True)
        name.setWordWrap(True)
        name.setToolTip(self._tooltip())
        summary = QLabel(words(self.card.summary), self)
        summary.setProperty("muted", True)
        summary.setWordWrap(True)
        summary.setToolTip(self._tooltip())
        top = QHBoxLayout()
        top.addWidget(name, 1)
        top.addWidget(self.switch, 0, Qt.AlignmentFlag.AlignTop)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(10, 8, 8, 9)
        self._column.setSpacing(3)
        self._column.addLayout(top)
        self._column.addWidget(summary)
        self._column.addWidget(self.error)

    def _unfold(self) -> None:
        self.section = self._make_section(self.card, self)
        self._body = CardBody(self.card, self.section, self._theme, self)
        self._body.about_asked.connect(lambda: self.about_asked.emit(self.card.name))
        self._column.addWidget(self._body)
        chained([self.switch, *(row.field for row in self.section.rows.values()), self._body.sources])

    def _tooltip(self) -> str:
        buys, costs = self.tr("Buys"), self.tr("Costs")
        promise, risk = escape(words(self.card.promise)), escape(words(self.card.risk))
        return f"<p>{escape(words(self.card.summary))}</p><p><b>{buys}:</b> {promise}</p><p><b>{costs}:</b> {risk}</p>"


class CardBody(QWidget):
    """What a card shows while its technique is on."""

    about_asked = Signal()

    def __init__(self, card: Card, section: Section, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._promise = Verdict(self.tr("Buys"), escape(words(card.promise)), "good", "check", self)
        self._risk = Verdict(self.tr("Costs"), escape(words(card.risk)), "warning", "warning", self)
        self._sources = Verdict(
            "", f'<a href="#about">{escape(self.tr("Where this comes from"))}</a>', "info", "info", self
        )
        self.sources = self._sources.text
        self.sources.linkActivated.connect(self.about_asked)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 2, 0)
        column.setSpacing(6)
        column.addWidget(section)
        column.addWidget(self._promise)
        column.addWidget(self._risk)
        column.addWidget(self._sources)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Redraws the pictures and the coloured words."""
        self._promise.set_theme(theme)
        self._risk.set_theme(theme)
        self._sources.set_theme(theme)
