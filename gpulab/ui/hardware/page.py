"""The page of the machine: what it does now, what it can do at most, where a step's time goes and the memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from gpulab.ui.hardware.tab import HardwareTab
from gpulab.ui.lab.words import said
from gpulab.ui.pages import Page
from gpulab.ui.theme import Theme
from gpulab.viewmodels.record import RunRecord


class HardwarePage(Page):
    """`tabs` by the words on them. Only the one that is seen reads anything. `measured` tells that a job is over."""

    measured = Signal()

    def __init__(self, tabs: Mapping[str, HardwareTab], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(said("Hardware"))
        self._parts = tuple(tabs.values())
        for words, tab in tabs.items():
            self.tabs.addTab(tab, said(words))
            tab.measured.connect(self.measured)
        self._seen: HardwareTab | None = None
        whole = QVBoxLayout(self)
        whole.setContentsMargins(8, 4, 8, 4)
        whole.addWidget(self.tabs)
        self.setFocusProxy(self.tabs)
        self.tabs.currentChanged.connect(lambda _: self._look(self.isVisible()))

    @property
    def running(self) -> bool:
        return any(part.running for part in self._parts)

    @property
    def at_work(self) -> str:
        return said("The machine is being measured on the Hardware page.")

    def show_records(self, records: Sequence[RunRecord]) -> None:
        """The runs there are now, the one that the window talks about first."""
        for part in self._parts:
            part.show_records(records)

    def show_part(self, kind: type[HardwareTab]) -> None:
        """Turns to the tab of that kind."""
        self.tabs.setCurrentIndex(next(place for place, part in enumerate(self._parts) if isinstance(part, kind)))

    def set_theme(self, theme: Theme, scale: float) -> None:
        for part in self._parts:
            part.set_theme(theme, scale)

    def set_calm(self, calm: bool) -> None:
        for part in self._parts:
            part.set_calm(calm)

    def next_item(self) -> None:
        self.tabs.setCurrentIndex(min(self.tabs.currentIndex() + 1, self.tabs.count() - 1))

    def previous_item(self) -> None:
        self.tabs.setCurrentIndex(max(self.tabs.currentIndex() - 1, 0))

    def leave(self) -> None:
        self._look(False)
        for part in self._parts:
            part.leave()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._look(False)

    def _look(self, seen: bool) -> None:
        now = self._parts[self.tabs.currentIndex()] if seen else None
        if now is self._seen:
            return
        if self._seen is not None:
            self._seen.go()
        self._seen = now
        if now is not None:
            now.come()
