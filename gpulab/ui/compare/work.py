"""What is done to comparisons: made, begun as soon as nothing hinders it, stopped, moved to the trash and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from gpulab.comparisons import folder as folders
from gpulab.comparisons import launching, listing, taking_over
from gpulab.comparisons.listing import Listed
from gpulab.hardware.machine import Machine
from gpulab.runs import trash
from gpulab.spec.comparison import Comparison
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import BadInput
from gpulab.ui.background import Background
from gpulab.ui.lab.words import said
from gpulab.viewmodels.preflight import problems_before

_PATIENCE_MS = 1000


class Work(QObject):
    """Everything that touches a disk happens in another thread. `hindered` says why nothing may begin now, if so.

    `made`, `begun`, `stopping`, `deleted` and `restored` carry a comparison's folder, `refused` problems, `told` a
    sentence.
    """

    made = Signal(object)
    begun = Signal(object)
    stopping = Signal(object)
    deleted = Signal(object)
    restored = Signal(object)
    refused = Signal(tuple)
    told = Signal(str)
    changed = Signal()

    def __init__(self, machine: Machine, background: Background, hindered: Callable[[], str], parent: QObject) -> None:
        super().__init__(parent)
        self._machine, self._background, self._hindered = machine, background, hindered
        self._waiting: list[Path] = []
        self._trashed: list[Path] = []
        self.starting = False
        self._patience = QTimer(self, interval=_PATIENCE_MS)
        self._patience.timeout.connect(self._begin_waiting)

    @property
    def restorable(self) -> bool:
        """Whether there is anything to bring back."""
        return bool(self._trashed)

    def make(
        self, root: Path, comparison: Comparison, experiments: Mapping[str, Experiment], earlier: Path | None = None
    ) -> None:
        """A folder below `root`, once the experiments and their text are found to be in order; then it begins.

        Runs of the `earlier` comparison that would be the same are taken over.
        """
        machine = self._machine
        self.told.emit(said("Checking the experiment and its text …"))

        def making() -> Path:
            for experiment in experiments.values():
                if problems := problems_before(experiment, machine):
                    raise BadInput(*problems)
            folder = folders.create(root, comparison, experiments)
            if earlier is not None:
                taking_over.mark(folder, earlier)
            return folder

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
        self._background.run(lambda: _started(folder), lambda _: self._begun(folder), self._failed)

    def take_up(self, comparisons: Sequence[Listed]) -> None:
        """Begins what was still waiting for its turn when the window was closed, the oldest first."""
        waiting = [one for one in comparisons if one.state == "waiting" and one.problem is None]
        for one in sorted(waiting, key=lambda one: one.at):
            self.begin(one.folder)

    def stop(self, folder: Path) -> None:
        """Asks for an end between two steps."""
        self._background.run(lambda: launching.stop(folder), lambda _: self.stopping.emit(folder), self._failed)
        self.told.emit(said("Stopping after the step at hand …"))

    def delete(self, folder: Path) -> None:
        """Moves it with all its runs to the trash."""
        if folder in self._waiting:
            self._waiting.remove(folder)
        self._background.run(lambda: listing.delete(folder), lambda trashed: self._gone(folder, trashed), self._failed)

    def restore(self) -> None:
        """Brings back what this window deleted last; again, what it deleted before that."""
        if self._trashed:
            trashed = self._trashed.pop()
            self._background.run(lambda: trash.restore(trashed), self.restored.emit, self._failed)
            self.changed.emit()

    def leave(self) -> None:
        """Nothing begins any more; the next window takes up what waits."""
        self._patience.stop()

    def _gone(self, folder: Path, trashed: Path) -> None:
        self._trashed.append(trashed)
        self.deleted.emit(folder)
        self.told.emit(said("In the trash: {name}. “Bring back” takes it out again.").format(name=folder.name))

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


def _started(folder: Path) -> None:
    """Starts its conductor, unless another window was quicker."""
    try:
        launching.start(folder)
    except BadInput as bad:
        if bad.problems[0].key != "comparison_is_running":
            raise
