"""Opens the dialogs of finders and search, and sees to it that one thing is measured at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from gpulab.events.documents import Suggestion
from gpulab.hardware.machine import Machine
from gpulab.runs.jobs import jobs_root
from gpulab.runs.prewarming import Prewarmed
from gpulab.spec.jobs import OF_RUNS, TITLES, Kind
from gpulab.spec.problem import Argument
from gpulab.spec.setting import Value
from gpulab.ui.background import Background
from gpulab.ui.form import ExperimentPanel
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme

if TYPE_CHECKING:  # the dialogs bring charts, which the start of the window must not wait for
    from gpulab.ui.finding.dialog import JobDialog


class Finders(QObject):
    """One dialog a kind. `changed` tells that a job began or ended."""

    changed = Signal()

    def __init__(
        self,
        form: ExperimentPanel,
        training: Callable[[], bool],
        warm: Callable[[], Prewarmed | None],
        machine: Machine,
        background: Background,
        theme: Theme,
        window: QWidget,
        root: Path | None = None,
    ) -> None:
        super().__init__(window)
        self._form, self._training, self._warm = form, training, warm
        self._machine, self._background, self._theme, self._window = machine, background, theme, window
        self._root = root
        self.dialogs: dict[Kind, JobDialog] = {}

    @property
    def running(self) -> bool:
        """Whether a job is at work."""
        return any(dialog.work.running for dialog in self.dialogs.values())

    def open(self, kind: Kind, run: Path | None = None, name: str = "") -> JobDialog:
        """Shows the dialog of `kind` (about `run`, called `name`), the one that is open already where there is one."""
        if kind in self.dialogs and self.dialogs[kind].run != run and not self.dialogs[kind].work.running:
            self.dialogs[kind].close()
        if kind not in self.dialogs:
            self.dialogs[kind] = self._made(kind, run, name)
        dialog = self.dialogs[kind]
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()
        return dialog

    def set_theme(self, theme: Theme) -> None:
        """Dresses the dialogs that are open."""
        self._theme = theme
        for dialog in self.dialogs.values():
            dialog.set_theme(theme)

    def _made(self, kind: Kind, run: Path | None, name: str) -> JobDialog:
        from gpulab.ui.finding.dialog import JobDialog, Surroundings
        from gpulab.ui.finding.work import Work

        around = Surroundings(self._form.experiment, self.hindrance, self.take, self._form.undo_stack.undo, self._warm)
        work = Work(self._root or jobs_root(), self._machine, self._background, self)
        dialog = JobDialog(kind, around, work, self._theme, self._window, run, name)
        dialog.began.connect(self.changed)
        dialog.left.connect(self.changed)
        dialog.finished.connect(lambda _: self.dialogs.pop(kind, None))
        return dialog

    def hindrance(self, kind: Kind) -> str:
        """Why no job of `kind` may start now, in words; empty where one may."""
        if kind not in OF_RUNS and self._form.problems():
            return said("The experiment cannot be run as it is: see the marked setting.")
        if self._training():
            return said(
                "A training is at work, and measuring beside it would spoil both. Wait until it is over, or stop it."
            )
        other = next((dialog.kind for dialog in self.dialogs.values() if dialog.work.running), None)
        if other is not None:
            return said("“{title}” is at work. One thing is measured at a time.").format(title=said(TITLES[other][0]))
        return ""

    def take(self, suggestion: Suggestion) -> None:
        """Puts what is suggested into the form, as one step that can be taken back."""
        self._form.take(_values(suggestion.changes), said("Take over a suggestion"))


def _values(changes: Mapping[str, Argument]) -> dict[str, Value]:
    return {path: value for path, value in changes.items() if value is not None}
