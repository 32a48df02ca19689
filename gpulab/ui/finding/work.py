"""One job of one dialog: made, started, followed, stopped, with everything that touches a disk in other threads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from gpulab.events.documents import AnyDocument
from gpulab.hardware.machine import Machine
from gpulab.runs import jobs
from gpulab.runs.prewarming import Prewarmed
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Job
from gpulab.spec.problem import BadInput, Problem
from gpulab.ui.background import Background
from gpulab.ui.training_thread import TrainingThread
from gpulab.viewmodels.loading import experiment_of
from gpulab.viewmodels.preflight import problems_before
from gpulab.viewmodels.worker_source import WorkerSource

_LEAVE_MS = 3000


class Work(QObject):
    """At most one job at a time. `documents` brings what it says, `refused` what keeps it back, `left` its end."""

    documents = Signal(list)
    refused = Signal(tuple)
    left = Signal()

    def __init__(self, root: Path, machine: Machine, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._root, self._machine, self._background = root, machine, background
        self._checking = False
        self.job_dir: Path | None = None
        self.thread_: TrainingThread | None = None

    @property
    def running(self) -> bool:
        return self._checking or self.thread_ is not None

    def start(self, job: Job, of: Experiment | Path | None, warm: Prewarmed | None = None) -> None:
        """Starts `job` on an experiment, whose text is checked away from the window, or on a finished run's folder.

        What asks about the machine is on nothing.
        """
        self._checking = True

        def prepared() -> tuple[tuple[Problem, ...], Path | None]:
            if of is None:
                return (), jobs.create(self._root, job, None)
            if isinstance(of, Path):
                return (), jobs.create(self._root, job, experiment_of(of))
            problems = problems_before(of, self._machine)
            return problems, None if problems else jobs.create(self._root, job, of)

        def then(found: tuple[tuple[Problem, ...], Path | None]) -> None:
            problems, job_dir = found
            if not self._checking:  # it was closed meanwhile
                return
            self._checking = False
            if job_dir is None:
                self._refuse(problems)
            else:
                self._follow(job_dir, warm)

        self._background.run(prepared, then, self._failed)

    def stop(self) -> None:
        """Asks for an end; asking again takes the next measure."""
        if self.thread_ is not None:
            self.thread_.order("stop")

    def leave(self) -> None:
        """Asks for an end and does not wait for it: between two steps the worker ends by itself."""
        self._checking = False
        if self.thread_ is not None:
            self.thread_.order("stop")
            self.thread_.detach()
            self.thread_.wait(_LEAVE_MS)

    def _follow(self, job_dir: Path, warm: Prewarmed | None) -> None:
        self.job_dir = job_dir
        thread = self.thread_ = TrainingThread(job_dir.name, WorkerSource(job_dir, "start", warm), self)
        thread.documents.connect(self._take)
        thread.refused.connect(lambda _, problems: self.refused.emit(problems))
        thread.finished.connect(self._left)
        thread.start()

    def _take(self, _: str, documents: Sequence[AnyDocument]) -> None:
        self.documents.emit(list(documents))

    def _left(self) -> None:
        thread, self.thread_ = self.thread_, None
        if thread is not None:
            thread.deleteLater()
        self.left.emit()

    def _refuse(self, problems: tuple[Problem, ...]) -> None:
        self.refused.emit(problems)
        self.left.emit()

    def _failed(self, error: Exception) -> None:
        self._checking = False
        if not isinstance(error, BadInput):
            self.left.emit()
            raise error
        self._refuse(error.problems)
