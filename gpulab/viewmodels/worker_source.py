"""A worker at work as a source of documents: started, resumed or found, followed, closed where it vanished."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Literal

from gpulab.events.control import Command, give
from gpulab.events.documents import AnyDocument, RunEnded, Sample
from gpulab.runs import launcher, recovery
from gpulab.runs.digest import Digest
from gpulab.runs.follow import Follower
from gpulab.runs.prewarming import Prewarmed
from gpulab.runs.state import state_of
from gpulab.runs.stopping import Stopping, ask_s
from gpulab.runs.workers import WorkerProcess, launched
from gpulab.spec.problem import Problem

Beginning = Literal["start", "resume", "attach"]

_LOOK_FOR_WORKER_S = 0.5
_BURIAL_S = 10.0  # a worker that has written its last document needs a moment to go
_CLOSINGS = 20  # tries: the lock may be held for a moment, the folder may be read-only for ever


class WorkerSource:
    """Starts, resumes or finds the worker of `run_dir`; is over when the run ended and the worker left."""

    def __init__(self, run_dir: Path, beginning: Beginning, warm: Prewarmed | None = None) -> None:
        self._run_dir = run_dir
        self._warm = warm
        self._beginning = beginning
        self._follower = Follower(run_dir)
        self._worker: WorkerProcess | None = None
        self._next_look = 0.0
        self._ended_at: float | None = None
        self._endings = 0
        self._endings_before = 0
        self._closings = 0
        self._stopping: Stopping | None = None
        self._patience_s = ask_s(Digest())
        self.over = False

    @property
    def problem(self) -> Problem | None:
        return self._follower.problem

    def begin(self) -> None:
        """Raises BadInput where the worker cannot be started."""
        if self._beginning == "attach":
            self._worker = launcher.attach(self._run_dir)
        else:
            self._worker = launcher.start(self._run_dir, resume=self._beginning == "resume", warm=self._warm)
        noted = launched(self._run_dir)
        self._endings_before = noted.endings if noted else 0

    def order(self, command: Command) -> None:
        """A second order to stop is impatience: the next measure is taken at once."""
        if command not in ("stop", "stop_and_save") or self._worker is None:
            give(self._run_dir, command)
        elif self._stopping is None:
            self._stopping = Stopping(self._run_dir, self._worker, command, self._patience_s)
        else:
            self._stopping.press()

    def poll(self) -> list[AnyDocument]:
        """The newest documents; the one that closes a vanished worker's run among them."""
        documents = self._follower.poll()
        self._note(documents)
        if self._stopping is not None:
            self._stopping.tick()
        if self.problem:
            self.over = True
        elif not documents:
            self._look_for_worker()
        if self.over and not self.problem:
            documents += self._follower.poll_all()  # what it wrote between the look at the file and the look at it
        return documents

    def _note(self, documents: list[AnyDocument]) -> None:
        self._endings += sum(isinstance(document, RunEnded) for document in documents)
        latest = next((document for document in reversed(documents) if isinstance(document, Sample)), None)
        if latest is not None:
            self._patience_s = ask_s(Digest(step=latest.step, seconds=latest.seconds))

    def _look_for_worker(self) -> None:
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + _LOOK_FOR_WORKER_S
        if self._worker is None or not self._worker.alive:
            self._close()
        elif self._has_ended:
            self._ended_at = self._ended_at or now
            self.over = now - self._ended_at > _BURIAL_S

    @property
    def _has_ended(self) -> bool:
        """Whether the worker that is followed ended, not one before it."""
        return self._follower.ended is not None and self._endings > self._endings_before

    def _close(self) -> None:
        """The worker is gone: the next look finds the document that is written here, and then the run has ended."""
        self._closings += 1
        code = self._worker.exit_code if self._worker else None
        closed = None if self._has_ended else recovery.close_if_vanished(self._run_dir, code)
        if closed is None and (state_of(self._run_dir) != "vanished" or self._closings > _CLOSINGS):
            self.over = True
