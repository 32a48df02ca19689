"""What is done to comparisons: made, begun as soon as nothing hinders it, stopped, moved to the trash."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from gpulab.comparisons import folder as folders
from gpulab.comparisons import launching, listing
from gpulab.hardware.machine import Machine
from gpulab.spec.comparison import Comparison
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import BadInput
from gpulab.ui.background import Background
from gpulab.ui.lab.words import said
from gpulab.viewmodels.preflight import problems_before

_PATIENCE_MS = 1000


class Work(QObject):
    """Everything that touches a disk happens in another thread. `hindered` says why nothing may begin now, if so.

    `made`, `begun`, `stopping` and `deleted` carry a comparison's folder, `refused` problems, `told` a sentence.
    """

    made = Signal(object)
    begun = Signal(object)
    stopping = Signal(object)
    deleted = Signal(object)
    refused = Signal(tuple)
    told = Signal(str)
    changed = Signal()

    def __init__(self, machine: Machine, background: Background, hindered: Callable[[], str], parent: QObject) -> None:
        super().__init__(parent)
        self._machine, self._background, self._hindered = machine, background, hindered
        self._waiting: list[Path] = []
        self.starting = False
        self._patience = QTimer(self, interval=_PATIENCE_MS)
        self._patience.timeout.connect(self._begin_waiting)

    def make(self, root: Path, comparison: Comparison, experiments: Mapping[str, Experiment]) -> None:
        """A folder below `root`, once the experiments and their text are found to be in order; then it begins."""
        machine = self._machine
        self.told.emit(said("Checking the experiment and its text …"))

        def making() -> Path:
            for experiment in experiments.values():
                if problems := problems_before(experiment, machine):
                    raise BadInput(*problems)
            return folders.create(root, comparison, experiments)

        self._background.run(making, self._made, self._failed)

    def begin(self, folder: Path) -> None:
        """Begins or goes on, at once or as soon as nothing else is measured."""
        if folder in self._waiting:
            return
        if reason := self._hindered():
            self._waiting.append(folder)
            self._patience.start()
            self.told.emit(said("{reason} The comparison begins when that is over.").format(reason=reason))
            return
        self.starting = True
        self.changed.emit()
        self._background.run(lambda: launching.start(folder), lambda _: self._begun(folder), self._failed)

    def stop(self, folder: Path) -> None:
        """Asks for an end between two steps."""
        self._background.run(lambda: launching.stop(folder), lambda _: self.stopping.emit(folder), self._failed)
        self.told.emit(said("Stopping after the step at hand …"))

    def delete(self, folder: Path) -> None:
        """Moves it with all its runs to the trash."""
        self._background.run(lambda: listing.delete(folder), lambda _: self.deleted.emit(folder), self._failed)

    def leave(self) -> None:
        """Nothing begins any more; what waits can be started another time."""
        self._patience.stop()

    def _made(self, folder: Path) -> None:
        self.made.emit(folder)
        self.begin(folder)

    def _begin_waiting(self) -> None:
        """The next one that waits begins, once nothing hinders it."""
        if self._waiting and not self._hindered():
            self.begin(self._waiting.pop(0))
        if not self._waiting:
            self._patience.stop()

    def _begun(self, folder: Path) -> None:
        self.starting = False
        self.begun.emit(folder)
        self.told.emit(said("The comparison has begun."))

    def _failed(self, error: Exception) -> None:
        self.starting = False
        self.changed.emit()
        if not isinstance(error, BadInput):
            raise error
        self.refused.emit(error.problems)
