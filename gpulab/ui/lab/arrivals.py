"""Finds the runs of a folder, away from the window's loop: all of them once, then what others start or take away."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from gpulab.runs.cancelling import Cancelled
from gpulab.runs.lookout import Lookout
from gpulab.runs.store import Store
from gpulab.spec.problem import BadInput
from gpulab.ui.background import Background
from gpulab.viewmodels import loading
from gpulab.viewmodels.record import RunRecord

_LOOK_MS = 3000
_TELL_S = 0.15


class Arrivals(QObject):
    """`listed` carries the records of all runs, `appeared` those of later ones, `gone` the ids of runs taken away.

    `progress` says how many of how many runs were read, where that takes long enough to be told.
    """

    listed = Signal(list)
    appeared = Signal(list)
    gone = Signal(list)
    progress = Signal(int, int)

    def __init__(
        self, root: Path, records: Mapping[str, RunRecord], background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._records, self._background = records, background
        self._store, self._lookout = Store(root), Lookout(root)
        self._looking, self._over, self._told_at = False, False, 0.0
        self._clock = QTimer(self, interval=_LOOK_MS)
        self._clock.timeout.connect(self.look)

    def begin(self) -> None:
        """Lists all runs, and looks for others from then on."""
        self._told_at = time.monotonic()
        self._background.run(lambda: loading.listed(self._store, self._tell), self._listed, self._failed)

    def end(self) -> None:
        """Looks no more; a list that is being made is given up."""
        self._over = True
        self._clock.stop()

    def look(self) -> None:
        """Takes in what happened meanwhile."""
        if not self._looking and not self._over:
            self._looking = True
            self._background.run(self._look, self._found, self._overlooked)

    def _tell(self, done: int, of: int) -> bool:
        """In the other thread."""
        if time.monotonic() - self._told_at > _TELL_S and not self._over:
            self._told_at = time.monotonic()
            self.progress.emit(done, of)
        return not self._over

    def _listed(self, records: list[RunRecord]) -> None:
        self.listed.emit(records)
        self._clock.start()

    def _look(self) -> tuple[list[RunRecord], list[str]]:
        """In the other thread, which therefore takes the records as they are at one moment."""
        folders, gone = self._lookout.look(lambda: {run_id: run.folder for run_id, run in tuple(self._records.items())})
        return [loading.opened(folder) for folder in folders], gone

    def _found(self, found: tuple[list[RunRecord], list[str]]) -> None:
        self._looking = False
        appeared, gone = found
        if appeared:
            self.appeared.emit(appeared)
        if gone:
            self.gone.emit(gone)

    def _overlooked(self, error: Exception) -> None:
        """A run that cannot be read was perhaps just being deleted: the next look will tell."""
        self._looking = False
        if not isinstance(error, BadInput | OSError):
            raise error

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, Cancelled):
            raise error
