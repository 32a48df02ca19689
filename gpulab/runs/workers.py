"""A process is known by its pid together with its start time, so that a recycled pid is never taken for a worker."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil

from gpulab.runs.files import read_json

WORKER = "worker.json"
_CLOCK_S = 2.0  # start times are counted from the boot, whose own time moves by a second when the clock is set


class Launched(msgspec.Struct, frozen=True):
    """What the launcher left in `worker.json`: the process, and how things stood when it began.

    `endings` counts the RunEnded documents of that moment: while there are no more of them, this worker owes one.
    """

    pid: int
    started: float
    endings: int = 0
    oom_kills: int = 0


class WorkerProcess:
    """A running worker: one this process started (`child`), or one that was found."""

    def __init__(self, pid: int, started: float, child: subprocess.Popen[bytes] | None = None) -> None:
        self.pid = pid
        self.started = started
        self._child = child

    @property
    def alive(self) -> bool:
        if self._child is not None:
            return self._child.poll() is None
        return alive(self.pid, self.started)

    @property
    def exit_code(self) -> int | None:
        """The exit code (negative: the signal that killed it); None while it runs, or where it was only found."""
        return self._child.poll() if self._child is not None else None

    def terminate(self) -> None:
        """Asks the process to end. Does nothing where it has ended, even if its pid has a new owner."""
        for process in self._process():
            process.terminate()

    def kill(self) -> None:
        """Ends the process together with the helpers it started."""
        for process in self._process():
            helpers = process.children(recursive=True)
            for one in (process, *helpers):
                with suppress(psutil.NoSuchProcess):
                    one.kill()

    def _process(self) -> list[psutil.Process]:
        if not self.alive:
            return []
        with suppress(psutil.NoSuchProcess):
            return [psutil.Process(self.pid)]
        return []


def alive(pid: int, started: float) -> bool:
    """Whether the process with this pid AND this start time is at work; a zombie is not."""
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started) < _CLOCK_S
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def launched(run_dir: Path) -> Launched | None:
    """What the launcher noted of the run's latest worker."""
    return read_json(run_dir / WORKER, Launched)
