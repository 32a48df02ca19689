"""Runs wait in a file, so that every window and every terminal serves the same queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from filelock import FileLock

from gpulab.events.documents import RunEnded
from gpulab.events.log import EventLog
from gpulab.runs.files import not_writable, read_json, write_whole
from gpulab.runs.folder import is_run
from gpulab.runs.launcher import start as start_worker
from gpulab.runs.recovery import close_if_vanished
from gpulab.runs.state import ACTIVE, state_of
from gpulab.runs.workers import WorkerProcess
from gpulab.spec.problem import BadInput, refuse

QUEUE = "queue.json"


class Line(msgspec.Struct):
    """What the file holds: folder names, the next one first; `current` was started last."""

    waiting: list[str] = []
    current: str = ""


class Queue:
    """The queue of the runs below `root`. Every method sees and leaves the file whole, whoever else is at it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._path = root / QUEUE
        self._lock = FileLock(root / f".{QUEUE}.lock")

    def waiting(self) -> list[Path]:
        """The runs that wait, the next one first. A folder that has been deleted waits no more."""
        line = read_json(self._path, Line) or Line()
        return [self.root / name for name in line.waiting if is_run(self.root / name)]

    def current(self) -> Path | None:
        """The run of the queue that is at work, or None."""
        line = read_json(self._path, Line) or Line()
        return self.root / line.current if self._active(line) else None

    def add(self, run_dir: Path) -> None:
        """Puts `run_dir` at the end. Raises BadInput `run_missing` for what is no run of this root."""
        name = self._name(run_dir)
        with self._changed() as line:
            line.waiting = [*(other for other in line.waiting if other != name), name]

    def remove(self, run_dir: Path) -> None:
        """Takes `run_dir` out; its folder stays. Nothing happens where it does not wait."""
        with self._changed() as line:
            line.waiting = [name for name in line.waiting if name != run_dir.name]

    def move(self, run_dir: Path, index: int) -> None:
        """Puts `run_dir` at place `index`, 0 being the next to run."""
        name = self._name(run_dir)
        with self._changed() as line:
            line.waiting = [other for other in line.waiting if other != name]
            line.waiting.insert(index, name)

    def advance(self, start: Callable[[Path], WorkerProcess] = start_worker) -> tuple[Path, WorkerProcess] | None:
        """Starts the next run if the current one is over, however it ended; returns it with its worker.

        A run that cannot start is closed as failed, then the one after it has its turn. Starting happens under the
        queue's lock, so that two processes never start two runs.
        """
        with self._changed() as line:
            if self._active(line):
                return None
            while line.waiting:
                line.current = line.waiting.pop(0)
                run_dir = self.root / line.current
                if not is_run(run_dir):
                    continue
                try:
                    return run_dir, start(run_dir)
                except BadInput as bad:
                    _close_unstarted(run_dir, bad)
            line.current = ""
        return None

    def _active(self, line: Line) -> bool:
        if not line.current or not is_run(self.root / line.current):
            return False
        state = state_of(self.root / line.current)
        if state == "vanished":
            close_if_vanished(self.root / line.current)
        return state in ACTIVE

    def _name(self, run_dir: Path) -> str:
        if not is_run(self.root / run_dir.name) or run_dir.resolve() != (self.root / run_dir.name).resolve():
            raise refuse("run_missing", path=str(run_dir))
        return run_dir.name

    @contextmanager
    def _changed(self) -> Iterator[Line]:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except OSError as error:
            raise not_writable(self._path, error) from error
        try:
            line = read_json(self._path, Line) or Line()
            yield line
            write_whole(self._path, msgspec.json.encode(line))
        finally:
            self._lock.release()


def _close_unstarted(run_dir: Path, bad: BadInput) -> None:
    problem = bad.problems[0]
    if problem.key == "run_is_running":
        return
    try:
        with EventLog(run_dir) as log:
            log.append([RunEnded(status="failed", step=0, reason=problem.key, arguments=problem.arguments)])
    except (BadInput, OSError):  # the folder cannot be written to: its state stays `queued`, as it is
        return
