"""The column itself: header, groups and cards below one another, without a word about what their values mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from gpulab.spec.problem import Problem
from gpulab.spec.setting import Setting, Value
from gpulab.ui.form.factory import Step
from gpulab.ui.form.field import FieldKeys
from gpulab.ui.form.group import GroupBox
from gpulab.ui.form.header import Header
from gpulab.ui.form.path_field import Folders
from gpulab.ui.form.section import Section
from gpulab.ui.form.words import error_sentence
from gpulab.ui.theme import Theme
from gpulab.viewmodels.cards import Card
from gpulab.viewmodels.estimates import PresetChoice
from gpulab.viewmodels.form import Group, groups
from gpulab.viewmodels.options import Option

if TYPE_CHECKING:
    from gpulab.ui.form.card import TechniqueCard
    from gpulab.ui.form.techniques import Techniques

Options = Callable[[Sequence[Setting]], Mapping[str, Sequence[Option]]]
_AFTER_GROUP = "training"
"""Techniques stand right below the training that they change."""
_FIRST = ("model",)
"""What a person sees at once; the rest comes right after the first paint."""
_ABOUT_WHOLE_PX = 2500
"""Until the rest is there the scroll bar goes by this height, so that it does not begin at full length."""


class Body(QWidget):
    """Every widget of the form: header and first group at once, the others with `rest`.

    `edited(path, value, typing)` and `settled(path)` pass on what the fields tell."""

    edited = Signal(str, object, bool)
    settled = Signal(str)
    switched = Signal(str, bool)
    about_asked = Signal(str)
    compare_asked = Signal(str)
    setting_asked = Signal(str)
    cards_made = Signal()

    def __init__(
        self,
        settings: Mapping[str, Setting],
        options: Options,
        step: Step,
        choices: Callable[[], Sequence[PresetChoice]],
        theme: Theme,
        column: Column,
    ) -> None:
        super().__init__()
        column.take(self)  # while it is empty: a whole tree that changes parents is styled twice
        self.keys = FieldKeys(self)
        self._options, self._step, self._theme, self._advanced = options, step, theme, False
        self.runs: Folders = tuple
        self._shown: Mapping[str, Value] = {}
        self._on: frozenset[str] = frozenset()
        self.header = Header(settings["name"], self.keys, choices, self)
        self.groups: dict[str, GroupBox] = {}
        self.techniques: Techniques | None = None
        self._listen(self.header.section)
        self._parts = self._lay_out()
        self.setMinimumHeight(_ABOUT_WHOLE_PX)
        for group in groups(settings):  # made from top to bottom, which is the way that Tab walks
            if group.key in _FIRST:
                self._add_group(group)

    def rest(self, settings: Mapping[str, Setting]) -> Iterator[None]:
        """Makes what is missing of a form of `settings`, part by part."""
        for group in groups(settings):
            if group.key not in self.groups:
                self._add_group(group)
                yield
            if group.key == _AFTER_GROUP:
                made = self._add_techniques()
                yield
                yield from made.rest(settings)
        self.setMinimumHeight(0)
        self._hide_empty_groups()

    @property
    def cards(self) -> dict[str, TechniqueCard]:
        """The cards that have been made so far."""
        return self.techniques.cards if self.techniques else {}

    def sections(self) -> list[Section]:
        """Every section that has been made so far."""
        made = [card.section for card in self.cards.values() if card.section]
        return [self.header.section, *(group.section for group in self.groups.values()), *made]

    def show_state(self, values: Mapping[str, Value], on: frozenset[str]) -> None:
        """Puts a state of the form on the screen."""
        self._shown, self._on = values, on
        if self.techniques:
            self.techniques.show_on(on)
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
        if self.techniques:
            self.techniques.show_errors(sentences)
            placed |= {f"techniques.{name}" for name in self._on}
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
        if self.techniques:
            self.techniques.set_theme(theme)

    def _add_group(self, group: Group) -> None:
        made = self.groups[group.key] = GroupBox(group, self._options(group.settings), self._step, self.keys, self)
        self._listen(made)
        made.section.set_advanced(self._advanced)
        if self._shown:
            made.section.show_values(self._shown)
        self._add(made)

    def _add_techniques(self) -> Techniques:
        from gpulab.ui.form.techniques import Techniques

        made = self.techniques = Techniques(self._make_section, self._theme, self)
        made.switched.connect(self.switched)
        made.about_asked.connect(self.about_asked)
        made.compare_asked.connect(self.compare_asked)
        made.setting_asked.connect(self.setting_asked)
        made.made.connect(self.cards_made)
        made.show_on(self._on)
        self._add(made)
        return made

    def _add(self, part: QWidget) -> None:
        self._parts.insertWidget(self._parts.count() - 1, part)  # above the empty room at the end

    def _make_section(self, card: Card, parent: QWidget) -> Section:
        section = Section(card.settings, self._options(card.settings), self._step, self.keys, parent)
        section.set_advanced(self._advanced)
        section.set_theme(self._theme)
        section.offer_runs(self._earlier_runs)
        section.show_values(self._shown)
        self._listen(section)
        return section

    def _earlier_runs(self) -> Sequence[tuple[str, Path]]:
        return self.runs()

    def _listen(self, part: Section | GroupBox) -> None:
        part.edited.connect(self.edited)
        part.settled.connect(self.settled)

    def _hide_empty_groups(self) -> None:
        for group in self.groups.values():
            group.setVisible(not group.section.is_empty())

    def _lay_out(self) -> QVBoxLayout:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 12)
        column.setSpacing(8)
        column.addWidget(self.header)
        column.addStretch(1)
        return column


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
        """Scrolls `body`."""
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
