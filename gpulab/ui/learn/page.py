"""The Learn page: shelves to choose from in tabs, and the player, which takes the place of them all."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from gpulab.spec.setting import Setting
from gpulab.ui.lab.words import said
from gpulab.ui.learn.lessons_tab import LessonsTab
from gpulab.ui.learn.techniques_tab import TechniquesTab
from gpulab.ui.pages import Page
from gpulab.ui.theme import Theme


class LearnPage(Page):
    """`told` carries a sentence, `tried` the name of a technique for the Lab."""

    told = Signal(str)
    tried = Signal(str)

    def __init__(self, settings: Mapping[str, Setting], theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._scale = theme, 1.0
        self.lessons, self.techniques = LessonsTab(theme), TechniquesTab(settings, theme)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(said("Learn"))
        self.tabs.addTab(self.lessons, said("Lessons"))
        self.tabs.addTab(self.techniques, said("Techniques"))
        self.stack = QStackedWidget()
        self.stack.addWidget(self.tabs)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(8, 4, 8, 4)
        whole.addWidget(self.stack)
        self.techniques.tried.connect(self.tried)
        self.setAccessibleName(said("Learn"))

    def add_tab(self, title: str, tab: QWidget) -> None:
        """One more tab; it may have `set_theme(theme, scale)`."""
        self.tabs.addTab(tab, title)

    def set_theme(self, theme: Theme, scale: float) -> None:
        self._theme, self._scale = theme, scale
        for place in range(self.tabs.count()):
            dress = getattr(self.tabs.widget(place), "set_theme", None)
            if dress is not None:
                dress(theme, scale)

    def set_calm(self, calm: bool) -> None:
        self.techniques.set_calm(calm)

    def next_item(self) -> None:
        self._step(1)

    def previous_item(self) -> None:
        self._step(-1)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Hands the keys on to what is shown."""
        (self.tabs.currentWidget() or self.tabs).setFocus(event.reason())

    def _step(self, way: int) -> None:
        self.tabs.setCurrentIndex(min(max(self.tabs.currentIndex() + way, 0), self.tabs.count() - 1))
