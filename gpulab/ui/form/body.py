"""The column itself: header, groups and cards below one another, without a word about what their values mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from gpulab.spec.problem import Problem
from gpulab.spec.setting import Setting, Value
from gpulab.ui.form.card import TechniqueCard
from gpulab.ui.form.factory import Step
from gpulab.ui.form.field import FieldKeys
from gpulab.ui.form.group import GroupBox, heading
from gpulab.ui.form.header import Header
from gpulab.ui.form.section import Section
from gpulab.ui.form.words import error_sentence
from gpulab.ui.theme import Theme
from gpulab.viewmodels.cards import Card, cards
from gpulab.viewmodels.estimates import PresetChoice
from gpulab.viewmodels.form import Group, groups
from gpulab.viewmodels.options import Option

Options = Callable[[Sequence[Setting]], Mapping[str, Sequence[Option]]]
_AFTER_GROUP = "training"
"""Techniques stand right below the training that they change."""


class Body(QWidget):
    """Every widget of the form. `edited(path, value, typing)` and `settled(path)` pass on what the fields tell."""

    edited = Signal(str, object, bool)
    settled = Signal(str)
    switched = Signal(str, bool)
    about_asked = Signal(str)

    def __init__(
        self,
        settings: Mapping[str, Setting],
        options: Options,
        step: Step,
        choices: Callable[[], Sequence[PresetChoice]],
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.keys = FieldKeys(self)
        self._options, self._step, self._theme, self._advanced = options, step, theme, False
        self._shown: Mapping[str, Value] = {}
        self.header = Header(settings["name"], self.keys, choices, self)
        self.groups: dict[str, GroupBox] = {}
        self.cards: dict[str, TechniqueCard] = {}
        for group in groups(settings):  # made from top to bottom, which is the way that Tab walks
            self.groups[group.key] = self._group(group)
            if group.key == _AFTER_GROUP:
                self.cards = {card.name: self._card(card) for card in cards(settings)}
        self._listen(self.header.section)
        self._lay_out()

    def sections(self) -> list[Section]:
        """Every section that has been made so far."""
        made = [card.section for card in self.cards.values() if card.section]
        return [self.header.section, *(group.section for group in self.groups.values()), *made]

    def show_state(self, values: Mapping[str, Value], on: frozenset[str]) -> None:
        """Puts a state of the form on the screen."""
        self._shown = values
        for name, card in self.cards.items():
            card.show_on(name in on)
        for section in self.sections():
            section.show_values(values)

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Puts every problem where it belongs: below its field, into its card, else at the top."""
        sentences: dict[str, str] = {}
        for problem in _once(problems):
            lines = (sentences.get(problem.field, ""), error_sentence(problem))
            sentences[problem.field] = "\n".join(filter(None, lines))
        placed: set[str] = set()
        for section in self.sections():
            section.show_errors(sentences)
            placed |= set(section.rows)
        for card in self.cards.values():
            card.show_errors(sentences)
            placed.add(card.card.path)
        self.header.show_general([text for path, text in sentences.items() if path not in placed])
        self._hide_empty_groups()

    def refresh_options(self) -> None:
        """Offers what can be used now, on the device that is chosen now."""
        for section in self.sections():
            section.set_options(self._options([row.setting for row in section.rows.values()]))

    def set_advanced(self, advanced: bool) -> None:
        """Shows or hides what most experiments leave as it is."""
        self._advanced = advanced
        self.header.advanced.setChecked(advanced)
        for section in self.sections():
            section.set_advanced(advanced)
        self._hide_empty_groups()

    def set_theme(self, theme: Theme) -> None:
        """Redraws the pictures and takes the size of the type anew."""
        self._theme = theme
        self.header.strip.set_scale()
        for section in self.sections():
            section.set_theme(theme)
        for card in self.cards.values():
            card.set_theme(theme)

    def _group(self, group: Group) -> GroupBox:
        made = GroupBox(group, self._options(group.settings), self._step, self.keys, self)
        self._listen(made)
        return made

    def _card(self, card: Card) -> TechniqueCard:
        made = TechniqueCard(card, self._make_section, self._theme, self)
        made.switched.connect(self.switched)
        made.about_asked.connect(self.about_asked)
        return made

    def _make_section(self, card: Card, parent: QWidget) -> Section:
        section = Section(card.settings, self._options(card.settings), self._step, self.keys, parent)
        section.set_advanced(self._advanced)
        section.show_values(self._shown)
        self._listen(section)
        return section

    def _listen(self, part: Section | GroupBox) -> None:
        part.edited.connect(self.edited)
        part.settled.connect(self.settled)

    def _hide_empty_groups(self) -> None:
        for group in self.groups.values():
            group.setVisible(not group.section.is_empty())

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 12)
        column.setSpacing(8)
        column.addWidget(self.header)
        for key, group in self.groups.items():
            column.addWidget(group)
            if key == _AFTER_GROUP:
                column.addWidget(heading(self.tr("Techniques"), self))
                for card in self.cards.values():
                    column.addWidget(card)
        column.addStretch(1)


def _once(problems: Sequence[Problem]) -> Sequence[Problem]:
    """Of equal problems of one field (three parts of a text, all too short) only the first."""
    told: dict[tuple[str, object], Problem] = {}
    for number, problem in enumerate(problems):
        told.setdefault((problem.field, problem.key if problem.field else number), problem)
    return list(told.values())


class Column(QScrollArea):
    """Scrolls the body up and down, never sideways: it is always as wide as its widest word."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def take(self, body: QWidget) -> None:
        """Scrolls `body`, best made as a child of `viewport()`: a whole tree that changes parents is styled twice."""
        body.setProperty("clear", True)
        self.setWidget(body)
        body.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keeps the column wide enough for whatever the body shows now."""
        if watched is self.widget() and event.type() == QEvent.Type.LayoutRequest:
            self.fit()
        return super().eventFilter(watched, event)

    def fit(self) -> None:
        """Takes the width at which nothing is cut as its smallest."""
        body = self.widget()
        needed = body.minimumSizeHint().width() if body else 0
        self.setMinimumWidth(needed + self.verticalScrollBar().sizeHint().width())
