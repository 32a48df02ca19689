"""Runs one training after the other for a conductor: started or taken up again, waited for, stopped politely."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from gpulab.events.control import ControlReader, give
from gpulab.hardware.machine import this_machine
from gpulab.hardware.strain import Strain
from gpulab.runs import launcher
from gpulab.runs.folder import EXPERIMENT, is_run
from gpulab.runs.home import home
from gpulab.runs.reading import digest_of
from gpulab.runs.recovery import close_if_vanished
from gpulab.runs.resuming import resumable
from gpulab.runs.state import ACTIVE, state_of
from gpulab.runs.stopping import Stopping, ask_s
from gpulab.runs.workers import WorkerProcess
from gpulab.spec.files import load
from gpulab.techniques import REGISTRY

_LOOK_S = 0.1
_STRAIN_S = 0.5
_TURN = "comparison.lock"
_FINAL = frozenset({"diverged", "technique_failed"})
"""Endings that the same run would come to again; after any other it may be taken up again."""


class Interrupted(Exception):
    """The comparison was told to stop; the run at work has been saved."""


class Runner:
    """Has at most one run at work. Orders for it come through the comparison's folder."""

    def __init__(self, folder: Path, command: Sequence[str] = launcher.COMMAND) -> None:
        self.made = 0
        self._command = command
        self._orders = ControlReader(folder)
        self._interrupted = False
        self._at_work: tuple[Path, WorkerProcess] | None = None
        self._seen: set[Path] = set()

    def interrupt(self) -> None:
        """From now on everything ends as soon as it can."""
        self._interrupted = True

    def settled(self, run_dir: Path) -> bool:
        """Whether the run needs nothing more: done, ended by itself for good, or ended while this process looked on."""
        close_if_vanished(run_dir)
        state = state_of(run_dir)
        if state == "done" or run_dir in self._seen:
            return True
        return state == "failed" and digest_of(run_dir).reason in _FINAL

    def can_go_on(self, run_dir: Path) -> bool:
        """Whether there is something to go on with: a run at work, one that never began, one with a checkpoint."""
        if not is_run(run_dir):
            return False
        return state_of(run_dir) in (*ACTIVE, "queued") or resumable(run_dir) is not None

    def run(self, run_dir: Path) -> Strain:
        """Starts the run, or takes it up, and waits until it has ended, however; tells what its machine had to bear.

        Raises Interrupted, and BadInput where it cannot be started.
        """
        self._obey()
        worker = launcher.attach(run_dir)
        if worker is None:
            resume = state_of(run_dir) != "queued" and resumable(run_dir) is not None
            worker = launcher.start(run_dir, resume, self._command)
        self._at_work = (run_dir, worker)
        strain = Strain(worker.pid, _gpu_of(run_dir))
        self._wait(run_dir, worker, strain)
        self._at_work = None
        self._seen.add(run_dir)
        self.made += 1
        self._obey()
        return strain

    @contextmanager
    def turn(self, waits: Callable[[], None]) -> Iterator[None]:
        """Waits until no other comparison is at work, which would disturb both; calls `waits` if that takes a moment.

        Whoever is killed gives the turn away with its life. Raises Interrupted.
        """
        try:
            home().mkdir(parents=True, exist_ok=True)
            lock = FileLock(home() / _TURN)
            with suppress(Timeout):
                lock.acquire(timeout=0)
        except OSError:  # where nothing can be written down, nobody can be waited for
            yield
            return
        if not lock.is_locked:
            waits()
        while not lock.is_locked:
            self._obey()
            with suppress(Timeout):
                lock.acquire(timeout=_LOOK_S, poll_interval=_LOOK_S)
        try:
            yield
        finally:
            lock.release()

    def leave(self) -> None:
        """Stops what is still at work: the conductor goes, and nobody would wait for it."""
        if self._at_work:
            run_dir, worker = self._at_work
            with suppress(OSError):
                stopping = Stopping(run_dir, worker)
                while not stopping.tick():
                    time.sleep(_LOOK_S)
                close_if_vanished(run_dir, worker.exit_code)

    def _wait(self, run_dir: Path, worker: WorkerProcess, strain: Strain) -> None:
        stopping: Stopping | None = None
        looked = 0.0
        while worker.alive:
            if time.monotonic() - looked > _STRAIN_S:
                looked = time.monotonic()
                if digest_of(run_dir).step:  # reading text and importing libraries is no measurement
                    strain.look()
            self._read_orders(run_dir)
            if self._interrupted and stopping is None:
                stopping = Stopping(run_dir, worker, ask_s=ask_s(digest_of(run_dir)))
            if stopping:
                stopping.tick()
            time.sleep(_LOOK_S)
        close_if_vanished(run_dir, worker.exit_code)

    def _read_orders(self, run_dir: Path | None = None) -> None:
        for order in self._orders.new_orders():
            if order in ("stop", "stop_and_save"):
                self._interrupted = True
            elif run_dir is not None:
                give(run_dir, order)

    def _obey(self) -> None:
        self._read_orders()
        if self._interrupted:
            raise Interrupted


def comparison_at_work() -> bool:
    """Whether a comparison has its turn on this machine, whoever started it."""
    turn = home() / _TURN
    try:
        if turn.exists():
            FileLock(turn).acquire(timeout=0).lock.release()
    except Timeout:
        return True
    except OSError:  # where nothing can be written down, nobody takes turns
        return False
    return False


def _gpu_of(run_dir: Path) -> int | None:
    """The index of the GPU that the run computes on, None for the processor."""
    machine = this_machine()
    gpu = machine.gpu(load(run_dir / EXPERIMENT, REGISTRY).device)
    return gpu.index if gpu else None
