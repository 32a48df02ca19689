"""A process is known by its pid together with its birth, so that a recycled pid is never taken for a worker."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil

from gpulab.runs.files import read_json

WORKER = "worker.json"
_CLOCK_S = 2.0  # start times are counted from the boot, whose own time moves by a second when the clock is set
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_START_TICKS = 19  # the 22nd field of /proc/PID/stat, counted from behind the name, which may hold anything


class Launched(msgspec.Struct, frozen=True):
    """What the launcher left in `worker.json`: the process, and how things stood when it began.

    `endings` counts the RunEnded documents of that moment: while there are no more of them, this worker owes one.
    `birth` is what `birth_of` says; empty from where it says nothing, and in files older than it.
    """

    pid: int
    started: float
    endings: int = 0
    oom_kills: int = 0
    birth: str = ""


class WorkerProcess:
    """A running worker: one this process started (`child`), or one that was found."""

    def __init__(self, pid: int, started: float, birth: str = "", child: subprocess.Popen[bytes] | None = None) -> None:
        self.pid = pid
        self.started = started
        self.birth = birth
        self._child = child

    @property
    def alive(self) -> bool:
        if self._child is not None:
            return self._child.poll() is None
        return alive(self.pid, self.started, self.birth)

    @property
    def exit_code(self) -> int | None:
        """The exit code (negative: the signal that killed it); None while it runs, or where it was only found."""
        return self._child.poll() if self._child is not None else None

    def terminate(self) -> None:
        """Asks the process to end. Does nothing where it has ended, even if its pid has a new owner."""
        for process in self._process():
            with suppress(psutil.NoSuchProcess, ProcessLookupError):  # it may end between any two lines here
                process.terminate()

    def kill(self) -> None:
        """Ends the process together with the helpers it started."""
        for process in self._process():
            family = [process]
            with suppress(psutil.NoSuchProcess, ProcessLookupError):
                family += process.children(recursive=True)
            for one in family:
                with suppress(psutil.NoSuchProcess, ProcessLookupError):
                    one.kill()

    def _process(self) -> list[psutil.Process]:
        if not self.alive:
            return []
        with suppress(psutil.NoSuchProcess):
            return [psutil.Process(self.pid)]
        return []


def birth_of(pid: int) -> str:
    """The boot and the tick since then in which the process began, which no change of the clock moves.

    Empty where the system does not tell, and where there is no such process.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return f"{_BOOT.read_text(encoding='ascii').strip()} {int(fields[_START_TICKS])}"
    except (OSError, ValueError, IndexError):
        return ""


def alive(pid: int, started: float, birth: str = "") -> bool:
    """Whether the process with this pid AND this birth (this start time, where none is known) is at work.

    A zombie is not.
    """
    try:
        process = psutil.Process(pid)
        same = birth_of(pid) == birth if birth else abs(process.create_time() - started) < _CLOCK_S
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def launched(run_dir: Path) -> Launched | None:
    """What the launcher noted of the run's latest worker."""
    return read_json(run_dir / WORKER, Launched)
