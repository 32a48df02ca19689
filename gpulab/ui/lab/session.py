"""All runs this window knows, the threads that watch the live ones, and which one it talks about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from gpulab.events.control import Command
from gpulab.events.documents import AnyDocument
from gpulab.runs import folder, launcher, store
from gpulab.runs.cancelling import Cancelled
from gpulab.runs.prewarming import Prewarmed
from gpulab.runs.replay import Replay
from gpulab.runs.resuming import check_resumable
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import BadInput, Problem
from gpulab.ui.background import Background
from gpulab.ui.lab.arrivals import Arrivals
from gpulab.ui.lab.run_bin import RunBin
from gpulab.ui.training_thread import Source, TrainingThread
from gpulab.viewmodels import loading
from gpulab.viewmodels.record import RunRecord
from gpulab.viewmodels.replay_source import ReplaySource
from gpulab.viewmodels.worker_source import Beginning, WorkerSource

_LEAVE_MS = 5000
_WARM_AFTER_MS = 1000  # the queue may start its next run first


class Session(QObject):
    """Holds records and training threads; everything that touches a disk happens in another thread.

    `put` announces a new record or a new one in an old one's place, `put_all` many at once, `changed` new documents,
    `removed` the ids of runs that are gone, `left` a training that is over. `refused` carries problems with the run
    they belong to, or an empty id. `reading` says which run's curves are read, and how far they are (1: done).
    """

    put = Signal(str)
    put_all = Signal(list)
    changed = Signal(str)
    removed = Signal(list)
    reading = Signal(str, float)
    left = Signal(str)
    refused = Signal(str, tuple)
    current_changed = Signal()
    listed = Signal()

    def __init__(self, root: Path, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.root = root
        self.records: dict[str, RunRecord] = {}
        self.threads: dict[str, TrainingThread] = {}
        self.current_id: str | None = None
        self._background = background
        self.arrivals = Arrivals(root, self.records, background, self)
        self.arrivals.listed.connect(self._list)
        self.arrivals.appeared.connect(lambda records: self._join(records, show=False))
        self.arrivals.gone.connect(self._forget)
        self.bin = RunBin(background, self)
        self.bin.deleted.connect(self._forget)
        self.bin.restored.connect(lambda records: self._join(records, show=False))
        self.bin.refused.connect(lambda problems: self.refused.emit("", problems))
        self.wanted: Callable[[str], bool] = lambda run_id: True  # asked in another thread: whether to go on reading
        self._leaving = False
        self._reading: set[str] = set()
        self._warm: Prewarmed | None = None
        self.measuring: Callable[[], bool] = lambda: False  # a finder at work must not be disturbed either
        self._warm_clock = QTimer(self, singleShot=True, interval=_WARM_AFTER_MS)
        self._warm_clock.timeout.connect(self._warm_up)

    def keep_warm(self, warm: Prewarmed) -> None:
        """From now on a worker waits for the next run whenever nothing trains; the caller closes `warm` in the end."""
        self._warm = warm
        self.listed.connect(self._warm_clock.start)
        self.left.connect(self._warm_clock.start)

    @property
    def warm(self) -> Prewarmed | None:
        """The worker that waits, for whoever starts one beside the session; `warm_again` once it is used up."""
        return self._warm

    def warm_again(self) -> None:
        """Has another worker wait, as soon as nothing is at work."""
        self._warm_clock.start()

    def _warm_up(self) -> None:
        warm = self._warm
        if warm is not None and not self.threads and not self.measuring():
            self._background.run(lambda: warm.warm(launcher.environment_of(0)), lambda _: None, self._failed)

    @property
    def current(self) -> RunRecord | None:
        """The run the window talks about."""
        return self.records.get(self.current_id or "")

    @property
    def active(self) -> RunRecord | None:
        """The run that pause and stop are for: the current one if it trains, else the newest that does."""
        current = self.current
        if current is not None and current.run_id in self.threads:
            return current
        return next((self.records[run_id] for run_id in reversed(self.threads) if run_id in self.records), None)

    def set_current(self, run_id: str | None) -> None:
        """Talks about another run from now on."""
        if run_id != self.current_id:
            self.current_id = run_id
            self.current_changed.emit()

    def list_runs(self) -> None:
        """Finds all runs; those that still train are watched again."""
        self.arrivals.begin()

    def _list(self, records: list[RunRecord]) -> None:
        self._join(records)
        self.listed.emit()

    def look(self) -> None:
        """Takes in what others have started or deleted meanwhile, without turning the window to it."""
        self.arrivals.look()

    def _join(self, records: list[RunRecord], show: bool = True) -> None:
        """Runs that were read from disk join the others, those that rest all at once."""
        fresh = [record for record in records if record.run_id not in self.threads]
        resting = [record for record in fresh if not record.live]
        self.records.update({record.run_id: record for record in resting})
        self.put_all.emit([record.run_id for record in resting])
        for record in fresh:
            if record.live:
                self.take_in(record, show)

    def take_in(self, record: RunRecord, show: bool = True) -> None:
        """A run that was read from disk joins the others; `show` has the window talk of it if it trains."""
        if record.run_id in self.threads:
            return
        if record.live:
            self._watch(record, "attach", show)
            return
        self.records[record.run_id] = record
        self.put.emit(record.run_id)

    def complete(self, run_id: str) -> None:
        """Reads what the list left on disk: curves, texts, notices."""
        record = self.records.get(run_id)
        if record is None or record.complete or run_id in self._reading:
            return
        self._reading.add(run_id)

        def told(share: float) -> bool:
            if not self._leaving:
                self.reading.emit(record.name, share)
            return not self._leaving and self.wanted(run_id)

        def failed(error: Exception) -> None:
            self._reading.discard(run_id)
            if not isinstance(error, Cancelled):
                self._failed(error)

        self._background.run(lambda: loading.complete(record, told), self._completed, failed)

    def _completed(self, record: RunRecord) -> None:
        self._reading.discard(record.run_id)
        known = self.records.get(record.run_id)
        if known is not None and record.run_id not in self.threads:
            record.name = known.name
            self.records[record.run_id] = record
            self.put.emit(record.run_id)

    def open_folder(self, path: Path) -> None:
        """A run folder from elsewhere joins the others."""
        self._background.run(lambda: loading.opened(path), self._opened, self._failed)

    def _opened(self, record: RunRecord) -> None:
        self.take_in(record)
        self.set_current(record.run_id)

    def replay(self, path: Path) -> None:
        """Plays a recorded run again."""

        def begin(found: tuple[RunRecord, Replay]) -> None:
            self.follow(found[0], ReplaySource(found[1]))

        self._background.run(lambda: loading.recorded(path), begin, self._failed)

    def start(self, experiment: Experiment) -> None:
        """A new run of `experiment`."""
        self._background.run(
            lambda: loading.opened(folder.create(self.root, experiment)),
            lambda r: self._watch(r, "start"),
            self._failed,
        )

    def resume(self, run_id: str) -> None:
        """Goes on with a run that ended early."""
        record = self.records[run_id]
        self._background.run(
            lambda: check_resumable(record.folder), lambda _: self._watch(record, "resume"), self._failed
        )

    def _watch(self, like: RunRecord, beginning: Beginning, show: bool = True) -> None:
        """Starts, resumes or finds the run's worker; a fresh record fills as its documents come."""
        fresh = RunRecord(like.run_id, like.folder, like.name, like.color_index)
        self.follow(fresh, WorkerSource(like.folder, beginning, self._warm), show)

    def follow(self, record: RunRecord, source: Source, show: bool = True) -> None:
        """A thread of its own stays with `source` until it is over."""
        run_id = record.run_id
        if run_id in self.threads:
            return
        thread = TrainingThread(run_id, source, self)
        thread.documents.connect(self._take)
        thread.refused.connect(self._refuse)
        thread.finished.connect(lambda: self._left(run_id))
        self.threads[run_id] = thread
        self.records[run_id] = record
        self.put.emit(run_id)
        if show or self.current is None:
            self.set_current(run_id)
        thread.start()

    def order(self, command: Command) -> None:
        """Tells the active training something."""
        if (run := self.active) is not None:
            self.threads[run.run_id].order(command)

    def order_all(self, command: Command) -> None:
        """Tells every training something."""
        for thread in self.threads.values():
            thread.order(command)

    def detach(self) -> None:
        """Leaves all trainings to themselves; they go on."""
        self._leaving = True
        self._warm_clock.stop()
        self.arrivals.end()
        for thread in list(self.threads.values()):
            thread.detach()
        for thread in list(self.threads.values()):
            thread.wait(_LEAVE_MS)

    def rename(self, run_id: str, name: str) -> None:
        """Gives a run another name, on disk too unless it is only played again."""
        record = self.records[run_id]
        record.name = name
        self.put.emit(run_id)
        if not record.replayed:
            self._background.run(lambda: store.rename(record.folder, name), lambda _: None, self._failed)

    def delete(self, run_ids: list[str]) -> None:
        """Moves runs to the trash; one that is only played again just leaves the window."""
        idle = {
            run_id: self.records[run_id] for run_id in run_ids if run_id in self.records.keys() - self.threads.keys()
        }
        self._forget([run_id for run_id, record in idle.items() if record.replayed])
        self.bin.delete({run_id: record.folder for run_id, record in idle.items() if not record.replayed})

    def _forget(self, run_ids: list[str]) -> None:
        gone = [run_id for run_id in run_ids if run_id in self.records and run_id not in self.threads]
        for run_id in gone:
            del self.records[run_id]
        if gone:
            self.removed.emit(gone)
        if self.current_id in gone:
            self.set_current(None)

    def _take(self, run_id: str, documents: list[AnyDocument]) -> None:
        if run_id in self.records:
            self.records[run_id].take(documents)
            self._look_for_dangers(self.records[run_id])
            self.changed.emit(run_id)

    @staticmethod
    def _look_for_dangers(record: RunRecord) -> None:
        from gpulab.viewmodels import dangers  # once something trains: the window's start need not wait for the rules

        dangers.look(record)

    def _left(self, run_id: str) -> None:
        thread = self.threads.pop(run_id, None)
        if thread is not None:
            thread.deleteLater()
        record = self.records.get(run_id)
        if record is not None and record.live:
            record.state = "stopped"  # it never came to a document that says otherwise
            self.changed.emit(run_id)
        self.left.emit(run_id)

    def _refuse(self, run_id: str, problems: tuple[Problem, ...]) -> None:
        self.refused.emit(run_id, problems)

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, BadInput):
            raise error
        self.refused.emit("", error.problems)
