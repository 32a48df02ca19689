"""A family of techniques is a row until a person unfolds it: forty cards at once would be a wall."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from gpulab.spec.setting import Setting
from gpulab.ui.form.card import TechniqueCard
from gpulab.ui.form.family_head import FamilyHead
from gpulab.ui.form.field import chained
from gpulab.ui.form.row import note
from gpulab.ui.form.words import words
from gpulab.ui.theme import Theme
from gpulab.viewmodels.cards import Card, Family

MakeCard = Callable[[Card, QWidget], TechniqueCard]


class FamilyBox(QFrame):
    """One family. Its members' cards are made when it is first unfolded, which `made` tells."""

    made = Signal()
    setting_asked = Signal(str)

    def __init__(
        self,
        family: Family,
        places: Mapping[str, str],
        make_card: MakeCard,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        """`places`: for the path of each of the family's fields the title of the group where it is set."""
        super().__init__(parent)
        self.family = family
        self.cards: dict[str, TechniqueCard] = {}
        self._places, self._make_card = places, make_card
        self._only: frozenset[str] = family.names
        self._body: QWidget | None = None
        self.setProperty("card", True)
        self.setAccessibleName(words(family.title))
        self.head = FamilyHead(family, theme, self)
        self.head.turned.connect(self._show_body)
        self.error = note(self, "danger")
        self.error.setContentsMargins(10, 0, 10, 8)
        self.error.hide()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(1, 1, 1, 1)
        self._column.setSpacing(0)
        self._column.addWidget(self.head)
        self._column.addWidget(self.error)

    def unfold(self, unfold: bool = True) -> None:
        """Shows or folds away the members."""
        self.head.unfold(unfold)

    def show_on(self, on: frozenset[str]) -> None:
        """Says which members are on."""
        self.head.show_on([card for card in self.family.members if card.name in on])
        for name, card in self.cards.items():
            card.show_on(name in on)

    def show_only(self, names: frozenset[str]) -> None:
        """Of the members shows those called `names`."""
        self._only = names
        for name, card in self.cards.items():
            card.setVisible(name in names)

    def show_wrong(self, labels: Iterable[str]) -> None:
        """Says, while it is folded, in which members something is wrong."""
        listed = ", ".join(labels)
        self.error.setText(self.tr("Something is wrong in: {0}.").format(listed) if listed else "")
        self.error.setVisible(bool(listed) and not self.head.unfolded)

    def set_theme(self, theme: Theme) -> None:
        """Redraws the pictures."""
        self.head.picture.set_theme(theme)
        for card in self.cards.values():
            card.set_theme(theme)

    def _show_body(self, unfold: bool) -> None:
        if unfold and self._body is None:
            self._body = self._make_body()
            self._column.addWidget(self._body)
            self.made.emit()
        if self._body:
            self._body.setVisible(unfold)
        self.error.setVisible(bool(self.error.text()) and not unfold)

    def _make_body(self) -> QWidget:
        body = QWidget(self)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        keys: list[QWidget] = [self.head]
        if self.family.fields:
            line = self._elsewhere(body)
            column.addWidget(line)
            keys.append(line)
        for card in self.family.members:
            made = self.cards[card.name] = self._make_card(card, body)
            made.setVisible(card.name in self._only)
            column.addWidget(made)
            keys += made.order()
        chained(keys)
        return body

    def _elsewhere(self, parent: QWidget) -> QLabel:
        """Where the family's own settings are set, each a link that leads there."""
        sentences = []
        for place in dict.fromkeys(self._places[setting.path] for setting in self.family.fields):
            links = [_link(setting) for setting in self.family.fields if self._places[setting.path] == place]
            text = (
                words("{names} is set under {place}.") if len(links) == 1 else words("{names} are set under {place}.")
            )
            names = words("{first} and {last}").format(first=", ".join(links[:-1]), last=links[-1])
            sentences.append(text.format(names=names if links[1:] else links[0], place=escape(words(place))))
        line = QLabel(" ".join(sentences), parent)
        line.setWordWrap(True)
        line.setProperty("member", True)
        line.setIndent(0)
        line.setContentsMargins(10, 8, 8, 9)
        flags = line.textInteractionFlags().LinksAccessibleByMouse
        line.setTextInteractionFlags(flags | line.textInteractionFlags().LinksAccessibleByKeyboard)
        line.linkActivated.connect(self.setting_asked)
        return line


def _link(setting: Setting) -> str:
    return f'<a href="{setting.path}">{escape(words(setting.label))}</a>'
