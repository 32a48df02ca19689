"""All techniques, family by family, with a line to find one by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget

from gpulab.spec.setting import Setting
from gpulab.ui.form.card import MakeSection, TechniqueCard
from gpulab.ui.form.family_box import FamilyBox
from gpulab.ui.form.field import chained
from gpulab.ui.form.group import heading
from gpulab.ui.theme import Theme
from gpulab.viewmodels.cards import Card, Family, families
from gpulab.viewmodels.form import groups

_FEW = 6
"""So many members that were found are shown at once; more stay folded in their families."""


class Techniques(QWidget):
    """The form's section of techniques; its families are made one by one by `rest`."""

    switched = Signal(str, bool)
    about_asked = Signal(str)
    compare_asked = Signal(str)
    setting_asked = Signal(str)
    made = Signal()
    """Cards were made that know nothing yet of what is wrong with them."""

    def __init__(self, make_section: MakeSection, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._make_section, self._theme = make_section, theme
        self._on: frozenset[str] = frozenset()
        self._wrong: frozenset[str] = frozenset()
        self._left_unfolded: frozenset[str] | None = None
        self.families: dict[str, FamilyBox] = {}
        self.line, self.on_only, self._nothing = _FindLine(self), QToolButton(self), QLabel(self)
        self._lay_out()
        self.line.textChanged.connect(lambda _: self._narrow())
        self.line.returnPressed.connect(self._enter_first)
        self.on_only.toggled.connect(lambda _: self._narrow())

    @property
    def cards(self) -> dict[str, TechniqueCard]:
        """The cards that have been made so far."""
        return {name: card for box in self.families.values() for name, card in box.cards.items()}

    def rest(self, settings: Mapping[str, Setting]) -> Iterator[None]:
        """Makes the families, one after the other."""
        places = {setting.path: group.title for group in groups(settings) for setting in group.settings}
        for family in families(settings):
            self._add(family, places)
            yield

    def reveal(self, name: str) -> TechniqueCard | None:
        """Unfolds the family of the technique `name`, also where the search has hidden it, and returns its card."""
        box = next((box for box in self.families.values() if name in box.family.names), None)
        if box is None:
            return None
        if box.isHidden() or (box.cards and box.cards[name].isHidden()):
            self.on_only.setChecked(False)
            self.line.clear()
        box.unfold()
        return box.cards[name]

    def show_on(self, on: frozenset[str]) -> None:
        """Shows which techniques are on."""
        self._on = on
        for box in self.families.values():
            box.show_on(on)

    def show_errors(self, sentences: Mapping[str, str]) -> None:
        """Puts each sentence where it belongs, and unfolds a family in which something has just become wrong."""
        wrong = frozenset(path.split(".")[1] for path in sentences if path.startswith("techniques."))
        fresh, self._wrong = wrong - self._wrong, wrong
        for box in self.families.values():
            if fresh & box.family.names:
                box.unfold()
            box.show_wrong([card.label for card in box.family.members if card.name in wrong])
            for card in box.cards.values():
                card.show_errors(sentences)

    def set_theme(self, theme: Theme) -> None:
        """Redraws the pictures."""
        self._theme = theme
        for box in self.families.values():
            box.set_theme(theme)

    def _add(self, family: Family, places: Mapping[str, str]) -> None:
        box = self.families[family.key] = FamilyBox(family, places, self._make_card, self._theme, self)
        box.made.connect(self.made)
        box.setting_asked.connect(self.setting_asked)
        box.show_on(self._on)
        self._column.addWidget(box)

    def _make_card(self, card: Card, parent: QWidget) -> TechniqueCard:
        made = TechniqueCard(card, self._make_section, self._theme, parent)
        made.switched.connect(self.switched)
        made.about_asked.connect(self.about_asked)
        made.compare_asked.connect(self.compare_asked)
        made.show_on(card.name in self._on)
        return made

    def _narrow(self) -> None:
        """Shows what the line above means; folds everything back once it means everything."""
        query, only_on = self.line.text().strip(), self.on_only.isChecked()
        narrowed = bool(query) or only_on
        if narrowed and self._left_unfolded is None:
            self._left_unfolded = frozenset(key for key, box in self.families.items() if box.head.unfolded)
        found = {key: box.family.found(query) for key, box in self.families.items()}
        if only_on:
            found = {key: (names or frozenset()) & self._on or None for key, names in found.items()}
        few = only_on or sum(len(names) for names in found.values() if names) <= _FEW
        for key, box in self.families.items():
            names = found[key]
            box.setVisible(names is not None)
            box.show_only(box.family.names if names is None else names)
            box.unfold(names is not None and few if narrowed else key in (self._left_unfolded or ()))
        if not narrowed:
            self._left_unfolded = None
        self._nothing.setText(self.tr("Nothing is on.") if only_on else self.tr("Nothing is called that."))
        self._nothing.setVisible(not any(names is not None for names in found.values()))

    def _enter_first(self) -> None:
        """Goes to the first technique that was found, or to the first family."""
        box = next((box for box in self.families.values() if not box.isHidden()), None)
        if box is None:
            return
        card = next((card for card in box.cards.values() if not card.isHidden()), None)
        (card.keys() if card and box.head.unfolded else box.head).setFocus()

    def _lay_out(self) -> None:
        self.line.setPlaceholderText(self.tr("Find a technique"))
        self.line.setAccessibleName(self.tr("Find a technique"))
        self.line.setClearButtonEnabled(True)
        self.on_only.setText(self.tr("On only"))
        self.on_only.setCheckable(True)
        self.on_only.setProperty("boxed", True)
        self.on_only.setToolTip(self.tr("Shows only the techniques that are on."))
        self._nothing.setProperty("muted", True)
        self._nothing.setContentsMargins(10, 4, 0, 0)
        self._nothing.hide()
        top = QHBoxLayout()
        top.setSpacing(6)
        top.addWidget(self.line, 1)
        top.addWidget(self.on_only)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._column.addWidget(heading(self.tr("Techniques"), self))
        self._column.addLayout(top)
        self._column.addWidget(self._nothing)
        chained([self.line, self.on_only])


class _FindLine(QLineEdit):
    """A line that Esc empties."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc shows everything again; in an empty line it belongs to the window."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)
