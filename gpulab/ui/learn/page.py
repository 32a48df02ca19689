"""The Learn page: shelves to choose from in tabs, and the player, which takes the place of them all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QTabWidget, QVBoxLayout

from gpulab.spec.lesson_file import Written
from gpulab.spec.setting import Setting
from gpulab.ui.background import Background
from gpulab.ui.lab.words import said
from gpulab.ui.learn.gallery_tab import GalleryTab
from gpulab.ui.learn.glossary_tab import GlossaryTab
from gpulab.ui.learn.lessons_tab import LessonsTab
from gpulab.ui.learn.player import Player
from gpulab.ui.learn.techniques_tab import TechniquesTab
from gpulab.ui.pages import Page
from gpulab.ui.theme import Theme
from gpulab.viewmodels.learning import gallery
from gpulab.viewmodels.learning.shelf import Shelf, read_shelf


class LearnPage(Page):
    """`told` carries a sentence, `refused` problems, `tried` the name of a technique for the Lab.

    `opened` carries an exhibit of the gallery, `changed` tells that something began or ended, `locked_changed` whether
    all but the player must be out of reach. Lessons are shown below `root` (None: the person's own).
    """

    told = Signal(str)
    tried = Signal(str)
    opened = Signal(object)
    refused = Signal(tuple)
    changed = Signal()
    locked_changed = Signal(bool)

    def __init__(
        self, settings: Mapping[str, Setting], theme: Theme, background: Background, root: Path | None = None
    ) -> None:
        super().__init__()
        self._background = background
        self._written: Mapping[str, Written] = {}
        self.lessons, self.techniques = LessonsTab(theme), TechniquesTab(settings, theme)
        self.gallery, self.glossary = GalleryTab(theme), GlossaryTab(settings, theme)
        self.player = Player(background, theme, root)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(said("Learn"))
        self.tabs.addTab(self.lessons, said("Lessons"))
        self.tabs.addTab(self.gallery, said("Gallery"))
        self.tabs.addTab(self.techniques, said("Techniques"))
        self.tabs.addTab(self.glossary, said("Glossary"))
        self.stack = QStackedWidget()
        self.stack.addWidget(self.tabs)
        self.stack.addWidget(self.player)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(8, 4, 8, 4)
        whole.addWidget(self.stack)
        self.setAccessibleName(said("Learn"))
        self.techniques.tried.connect(self.tried)
        self.gallery.opened.connect(self.opened)
        self.glossary.card_asked.connect(self.show_card)
        self.lessons.chosen.connect(self.present)
        self.player.left.connect(self.leave_lesson)
        self.player.locked.connect(self.locked_changed)
        self.player.told.connect(self.told)
        self.player.refused.connect(self.refused)
        self.player.work.changed.connect(self.changed)

    # --- what the window may ask ---

    @property
    def running(self) -> bool:
        return bool(self.player.work.running)

    @property
    def at_work(self) -> str:
        return said("A lesson is at work on the Learn page.")

    @property
    def walks(self) -> bool:
        return self.presenting

    @property
    def locked(self) -> bool:
        return self.player.is_locked

    def take_key(self, event: QKeyEvent) -> None:
        self.player.setFocus()
        self.player.keyPressEvent(event)

    def unlock(self) -> None:
        self.player.set_locked(False)

    @property
    def presenting(self) -> bool:
        """Whether a lesson is open."""
        return self.stack.currentWidget() is self.player

    def show_gallery(self) -> None:
        """Turns to the good and bad settings."""
        self.tabs.setCurrentWidget(self.gallery)
        self.gallery.setFocus()

    def show_term(self, key: str) -> None:
        """Turns to the term `key` of the glossary."""
        self.tabs.setCurrentWidget(self.glossary)
        self.glossary.show_term(key)
        self.glossary.setFocus()

    def show_card(self, key: str) -> None:
        """Turns to the techniques of the card `key`."""
        self.tabs.setCurrentWidget(self.techniques)
        self.techniques.show_family(key)
        self.techniques.setFocus()

    def present(self, name: str) -> None:
        """Opens the lesson `name`."""
        if name in self._written:
            self.present_written(self._written[name])

    def present_written(self, written: Written) -> None:
        """Opens a lesson."""
        self.stack.setCurrentWidget(self.player)
        self.player.open(written)

    def leave_lesson(self) -> None:
        """Back to the shelf."""
        if self.running:
            self.told.emit(said("What the lesson ran is stopping. Open the lesson again, and it goes on."))
        name = self.player.walk.lesson.name if self.player.walk else ""
        self.player.close_lesson()
        self.stack.setCurrentWidget(self.tabs)
        self.lessons.go_to(name)

    def set_theme(self, theme: Theme, scale: float) -> None:
        for part in (self.lessons, self.gallery, self.techniques, self.glossary, self.player):
            part.set_theme(theme, scale)

    def set_calm(self, calm: bool) -> None:
        self.techniques.set_calm(calm)
        self.glossary.set_calm(calm)
        self.player.set_calm(calm)

    def next_item(self) -> None:
        self._step(1)

    def previous_item(self) -> None:
        self._step(-1)

    def leave(self) -> None:
        self.player.work.leave()

    def showEvent(self, event: QShowEvent) -> None:
        """The lessons are read anew: somebody may have written one."""
        super().showEvent(event)
        self._background.run(read_shelf, self._show_shelf)
        if not self.gallery.exhibits:
            self._background.run(gallery.bundled, self.gallery.show_gallery, self.gallery.show_failure)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Hands the keys on to what is shown."""
        (self.player if self.presenting else self.tabs.currentWidget() or self.tabs).setFocus(event.reason())

    def _show_shelf(self, shelf: Shelf) -> None:
        self._written = shelf.written
        self.lessons.show_lessons(shelf.cards)

    def _step(self, way: int) -> None:
        if not self.presenting:
            self.tabs.setCurrentIndex(min(max(self.tabs.currentIndex() + way, 0), self.tabs.count() - 1))
        elif way > 0:
            self.player.go_on()
        else:
            self.player.go(way)
