"""The gallery: good and bad settings as cards, each of which opens in the Lab with one press."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from gpulab.spec.problem import BadInput, Problem
from gpulab.ui.lab.words import capital, said
from gpulab.ui.lab.words import problem as sentence_of
from gpulab.ui.learn.tiles import Tiles, Told
from gpulab.ui.learn.type import SMALL, Words, dress_all
from gpulab.ui.theme import Theme
from gpulab.viewmodels.figures import duration
from gpulab.viewmodels.learning.gallery import Exhibit


class GalleryTab(QScrollArea):
    """`opened` carries the exhibit that is to be opened in the Lab."""

    opened = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.exhibits: dict[str, Exhibit] = {}
        self.shelf: Tiles | None = None
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(said("Gallery"))
        self._put(said("Reading the gallery …"))

    def show_gallery(self, exhibits: Sequence[Exhibit]) -> None:
        """The settings there are."""
        self.exhibits = {exhibit.entry.key: exhibit for exhibit in exhibits}
        self.shelf = Tiles([_told(exhibit) for exhibit in exhibits], self._theme)
        self.shelf.pressed.connect(lambda key: self.opened.emit(self.exhibits[key]))
        self._put(said("Open one in the Lab, run it, and see what is said of it. Ctrl+Z there takes it back."))

    def show_failure(self, error: Exception) -> None:
        """The gallery cannot be read; says why."""
        problems = error.problems if isinstance(error, BadInput) else (Problem("crashed", "", {"error": str(error)}),)
        self._put("\n".join(f"▲ {_located(problem)}" for problem in problems))

    def set_theme(self, theme: Theme, scale: float) -> None:
        """Colours and size of type."""
        self._theme = theme
        if self.shelf is not None:
            self.shelf.set_theme(theme)
        dress_all(self)

    def go_to(self, key: str) -> None:
        """Gives the keys to the card of `key`."""
        for tile in self.shelf.tiles if self.shelf else ():
            if tile.told.key == key:
                tile.setFocus(Qt.FocusReason.OtherFocusReason)
                self.ensureWidgetVisible(tile)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The keys go to the first card."""
        if self.shelf is not None and self.shelf.tiles:
            self.shelf.tiles[0].setFocus(event.reason())

    def _put(self, words: str) -> None:
        inside = QWidget()
        inside.setProperty("clear", True)
        column = QVBoxLayout(inside)
        column.setContentsMargins(4, 10, 12, 12)
        column.setSpacing(12)
        about = Words(SMALL, muted=True)
        about.say(words)
        column.addWidget(about)
        if self.shelf is not None:
            column.addWidget(self.shelf)
        column.addStretch(1)
        self.setWidget(inside)


def _located(problem: Problem) -> str:
    sentence = capital(sentence_of(problem))
    return f"{problem.field}: {sentence}" if problem.field else sentence


def _told(exhibit: Exhibit) -> Told:
    entry = exhibit.entry
    head = said("✓ Good") if exhibit.good else said("✗ Bad")
    shows = said("Raises no danger") if exhibit.good else said("Shows: {danger}")
    shows = shows.format(danger=said(exhibit.danger_label))
    foot = said("{shows} · about {time}").format(shows=shows, time=duration(round(entry.minutes * 60)))
    return Told(
        entry.key,
        said(entry.title),
        said(entry.look),
        foot=foot,
        head=head,
        standing="good" if exhibit.good else "danger",
        chip=said(entry.teaches),
    )
