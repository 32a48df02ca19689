"""Which page the window shows: the Lab, or one that takes its place and is made when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSignalBlocker, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QTabBar, QWidget

from gpulab.ui.lab.words import said
from gpulab.ui.presenter import arrange_lab
from gpulab.ui.theme import Theme

if TYPE_CHECKING:
    from gpulab.ui.handing_over.handing import Subject
    from gpulab.ui.main_window import MainWindow

LAB, COMPARE, PLAYGROUND, HARDWARE, LEARN = "lab", "compare", "playground", "hardware", "learn"
TITLES: Mapping[str, str] = {
    LAB: "Lab",
    COMPARE: "Compare",
    PLAYGROUND: "Playground",
    HARDWARE: "Hardware",
    LEARN: "Learn",
}
"""The pages in their order, by the words on their tabs; the action `page_NAME` goes to each."""

_ROOM = (272, 35)  # pixels that the tabs take in normal type


class Page(QWidget):
    """A page besides the Lab. One that has nothing to dress, to calm or to go through leaves that method alone."""

    @property
    def subject(self) -> Subject | None:
        """What could be packed or copied as a command while this page is shown."""
        return None

    def set_theme(self, theme: Theme, scale: float) -> None:
        """Colours and size of type."""

    def set_calm(self, calm: bool) -> None:
        """Leaves only what an audience needs, one thing at a time; or shows everything again."""

    def next_item(self) -> None:
        """The next thing of those that an audience is shown."""

    def previous_item(self) -> None:
        """The one before it."""

    @property
    def walks(self) -> bool:
        """Whether Space walks through what is shown, so that it must not hold a training."""
        return False

    @property
    def locked(self) -> bool:
        """Whether nothing but what it shows may be used; it asks itself whether Esc ends that."""
        return False

    def take_key(self, event: QKeyEvent) -> None:
        """While it is locked: a key that was pressed anywhere in the window."""

    def unlock(self) -> None:
        """Everything may be used again."""

    @property
    def running(self) -> bool:
        """Whether it has something at work that nothing may be measured beside."""
        return False

    @property
    def at_work(self) -> str:
        """What that is, in words."""
        return said("Something is at work on another page.")

    def leave(self) -> None:
        """The window closes."""


class PageBar(QTabBar):
    """The tabs on the toolbar. Their room is kept from the first paint on; they come after it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pages")
        self.setAccessibleName(said("Pages"))
        self.setExpanding(False)
        self.setUsesScrollButtons(False)
        self.setMinimumSize(*_ROOM)

    def fill(self) -> None:
        """The tabs, in as much room as they take."""
        for title in TITLES.values():
            self.addTab(said(title))
        self.setMinimumSize(0, 0)


class Pages(QObject):
    """The pages of one window. `changed` carries the name of the one that is shown from now on."""

    changed = Signal(str)

    def __init__(self, window: MainWindow, bar: PageBar) -> None:
        super().__init__(window)
        self._window, self._bar = window, bar
        self._makers: Mapping[str, Callable[[], Page]] = {}
        self._made: dict[str, Page] = {}
        self.current = LAB

    def open_to(self, makers: Mapping[str, Callable[[], Page]]) -> None:
        """From now on the tabs lead somewhere."""
        self._makers = makers
        self._bar.fill()
        for place, name in enumerate(TITLES):
            self._bar.setTabVisible(place, name == LAB or name in makers)
            self._window.actions_[f"page_{name}"].setEnabled(name == LAB or name in makers)
        self._bar.currentChanged.connect(lambda place: self.go(list(TITLES)[place]))

    def go(self, name: str) -> None:
        """Shows the page of that name."""
        if name == self.current:
            return
        page = None if name == LAB else self.page(name)
        presenting, size = self._window.actions_["presenter"].isChecked(), self._window.size()
        if presenting and self.current == LAB:
            arrange_lab(self._window, False)  # what comes back to the Lab later is how a person arranged it
        self.current = name
        with QSignalBlocker(self._bar):
            self._bar.setCurrentIndex(list(TITLES).index(name))
        self._window.places.turn_to(page)
        if page is not None:
            page.setFocus()
        elif presenting:
            arrange_lab(self._window, True)
        self._window.places.keep(size)
        self.changed.emit(name)

    def set_calm(self, calm: bool) -> None:
        """What each page leaves away before an audience."""
        for page in self._made.values():
            page.set_calm(calm)

    def page(self, name: str) -> Page:
        """The page of that name, made now where nobody has asked for it before."""
        if name not in self._made:
            self._made[name] = made = self._makers[name]()
            made.set_calm(self._window.actions_["presenter"].isChecked())
        return self._made[name]

    def made(self, name: str) -> Page | None:
        """The page of that name, or None where nobody has asked for it yet."""
        return self._made.get(name)

    @property
    def at_work(self) -> str:
        """What pages have at work, in words; empty where nothing is."""
        return next((page.at_work for page in self._made.values() if page.running), "")

    @property
    def running(self) -> bool:
        """Whether any page has something at work that nothing may be measured beside."""
        return any(page.running for page in self._made.values())

    def leave(self) -> None:
        """The window closes."""
        for page in self._made.values():
            page.leave()

    @property
    def shown(self) -> Page | None:
        """The page that is shown; None is the Lab."""
        return self._made.get(self.current)

    def set_theme(self, theme: Theme, scale: float) -> None:
        """Dresses the pages that exist."""
        for page in self._made.values():
            page.set_theme(theme, scale)
