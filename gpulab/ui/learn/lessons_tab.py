"""The shelf of lessons: each with its picture, what it shows, what it needs and how long it takes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QFont
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from gpulab.ui.lab.words import said
from gpulab.ui.learn.tiles import Tiles, Told
from gpulab.ui.learn.words import foot_of
from gpulab.ui.theme import Theme
from gpulab.viewmodels.learning.shelf import Group, LessonCard, grouped

_LARGE = 1.25


class LessonsTab(QScrollArea):
    """`chosen` carries the name of a lesson."""

    chosen = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._lessons: tuple[LessonCard, ...] | None = None
        self.shelves: list[Tiles] = []
        self._titles: list[QLabel] = []
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(said("Lessons"))
        self._put([], said("Reading the lessons …"))

    def show_lessons(self, lessons: Sequence[LessonCard]) -> None:
        """The lessons there are."""
        if tuple(lessons) != self._lessons:
            self._lessons = tuple(lessons)
            self._put(grouped(lessons), "" if lessons else said("There are no lessons."))

    def set_theme(self, theme: Theme, scale: float) -> None:
        """Colours and size of type."""
        self._theme = theme
        for shelf in self.shelves:
            shelf.set_theme(theme)
        self._dress()

    def go_to(self, name: str) -> None:
        """Gives the keys to a lesson's tile."""
        for tile in (tile for shelf in self.shelves for tile in shelf.tiles):
            if tile.told.key == name:
                tile.setFocus(Qt.FocusReason.OtherFocusReason)
                self.ensureWidgetVisible(tile)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The keys go to the first lesson."""
        if self.shelves:
            self.shelves[0].tiles[0].setFocus(event.reason())

    def _put(self, groups: Sequence[Group], instead: str) -> None:
        inside = QWidget()
        inside.setProperty("clear", True)
        column = QVBoxLayout(inside)
        column.setContentsMargins(4, 10, 12, 12)
        column.setSpacing(8)
        self.shelves, self._titles = [], []
        for group in groups:
            title, about = QLabel(said(group.title)), QLabel(said(group.about))
            about.setProperty("muted", True)
            self._titles.append(title)
            shelf = Tiles([_told(lesson) for lesson in group.lessons], self._theme)
            shelf.pressed.connect(self.chosen)
            self.shelves.append(shelf)
            for widget in (title, about, shelf):
                column.addWidget(widget)
            column.addSpacing(14)
        if instead:
            words = QLabel(instead)
            words.setProperty("muted", True)
            column.addWidget(words)
        column.addStretch(1)
        self.setWidget(inside)
        self._dress()

    def _dress(self) -> None:
        font = QFont(QApplication.font())
        font.setPointSizeF(font.pointSizeF() * _LARGE)
        font.setWeight(QFont.Weight.DemiBold)
        for title in self._titles:
            title.setFont(font)


def _told(lesson: LessonCard) -> Told:
    foot, severity = foot_of(lesson)
    return Told(lesson.name, said(lesson.title), said(lesson.summary), lesson.picture, foot, severity)
