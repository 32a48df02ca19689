"""Packing and unpacking take as long as the disk does: away from the window's loop, with progress and a way out."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog

from gpulab.comparisons.unpacking import Progress
from gpulab.runs.cancelling import Cancelled
from gpulab.spec.problem import BadInput, Problem
from gpulab.ui.background import Background
from gpulab.ui.lab.words import capital
from gpulab.ui.lab.words import problem as sentence_of

T = TypeVar("T")
_STEPS = 200  # of the bar: more often than this nobody needs to be told


class Carrying(QObject):
    """The work of `dialog`, one piece at a time; a dialog that is closed meanwhile stays hidden until it has ended.

    `moved` carries how much of it is done, from 0 to 1; `ended` comes last.
    """

    moved = Signal(float)
    ended = Signal()

    def __init__(self, background: Background, dialog: QDialog) -> None:
        super().__init__(dialog)
        dialog.finished.connect(self._closed)
        self._dialog = dialog
        self._background = background
        self._enough = Event()
        self.working = False

    def begin(self, work: Callable[[Progress], T], then: Callable[[T], None], failed: Callable[[str], None]) -> None:
        """Calls `work` with a progress of its own, then `then` with its result, or `failed` with what went wrong."""
        self._enough = enough = Event()
        self.working = True
        told = -1

        def progress(done: int, of: int) -> None:
            nonlocal told
            if enough.is_set():
                raise Cancelled
            step = _STEPS * done // max(1, of)
            if step != told:
                told = step
                self.moved.emit(step / _STEPS)

        self._background.run(lambda: work(progress), lambda result: self._end(then, result), self._failing(failed))

    def _closed(self) -> None:
        self.cancel()
        if self.working:
            self.ended.connect(self._dialog.deleteLater)
        else:
            self._dialog.deleteLater()

    def cancel(self) -> None:
        """The work ends at the next piece and leaves nothing behind; what it found already nobody hears."""
        self._enough.set()

    def _end(self, then: Callable[[T], None], result: T) -> None:
        self.working = False
        if not self._enough.is_set():
            then(result)
        self.ended.emit()

    def _failing(self, failed: Callable[[str], None]) -> Callable[[Exception], None]:
        def told(error: Exception) -> None:
            self.working = False
            if not self._enough.is_set():
                failed(in_words(error))
            self.ended.emit()

        return told


def in_words(error: Exception) -> str:
    """What went wrong, as sentences."""
    problems = error.problems if isinstance(error, BadInput) else (Problem("crashed", "", {"error": str(error)}),)
    return "\n".join(capital(sentence_of(problem)) for problem in problems)
