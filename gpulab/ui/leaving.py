"""Closing the window must lose nothing: it asks what becomes of a training, then lets everybody go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog

from gpulab.ui.lab import dialogs
from gpulab.ui.lab.last_experiment import remember
from gpulab.ui.lab.words import said
from gpulab.ui.pages import COMPARE, LEARN, Page

if TYPE_CHECKING:
    from gpulab.ui.main_window import MainWindow

_GOES_ON = {
    COMPARE: "It goes on without this window. The next start finds it, and its page shows what it found.",
    LEARN: "It goes on without this window. Open the lesson again, and it shows how far it is.",
}


class Leaving(QObject):
    """The way out of one window. `decided` says that nobody needs to be asked any more."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.decided = False

    def may_close(self) -> bool:
        """Whether the window may close now; where something trains a person is asked first."""
        page = self._window.pages.shown
        if page is not None and page.locked and not self.decided:
            dialogs.ask_to_close_locked(self._window, lambda: self._close_unlocked(page))
            return False
        session = self._window.session
        live = sum(not session.records[run_id].replayed for run_id in session.threads)
        if live and not self.decided:
            dialogs.ask_to_close(self._window, live, self._window.leave, self._stop_and_leave)
            return False
        for name, detail in _GOES_ON.items():
            if (made := self._window.pages.made(name)) and made.running and not self.decided:
                dialogs.ask_to_leave_work(self._window, made.at_work, said(detail), self._window.leave)
                return False
        return True

    def _close_unlocked(self, page: Page) -> None:
        page.unlock()
        self._window.close()

    def say_goodbye(self) -> None:
        """Remembers the layout, leaves trainings to themselves, ends what belongs to the window."""
        window = self._window
        for dialog in window.findChildren(QDialog):
            dialog.close()  # what it started ends with it
        if not window.actions_["presenter"].isChecked():
            window.places.remember()
        remember(window.form.experiment())
        window.news.end()
        window.space.end()
        window.queue.end()
        window.pages.leave()
        window.session.detach()
        window.queue.leave()
        window.background.leave()

    def _stop_and_leave(self) -> None:
        session = self._window.session
        self._window.queue.end()  # else the next one in line would start in the place of the one that ends
        session.order_all("stop_and_save")
        self._window.say(self.tr("Saving, then closing …"))
        session.left.connect(self._leave_when_alone)

    def _leave_when_alone(self) -> None:
        if not self._window.session.threads:
            self._window.leave()
