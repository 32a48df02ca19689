"""What a run is doing follows from what it wrote, what the launcher noted, who is alive."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Literal

from gpulab.events.log import LOCK, is_locked
from gpulab.runs.digest import Digest
from gpulab.runs.reading import digest_of
from gpulab.runs.workers import WorkerProcess, alive, birth_of, launched

RunState = Literal["queued", "starting", "running", "paused", "done", "stopped", "failed", "vanished"]

ACTIVE: frozenset[RunState] = frozenset({"starting", "running", "paused"})


def state_of(run_dir: Path, digest: Digest | None = None) -> RunState:
    """What the run is doing; `digest` spares reading its documents again. `queued` is: nobody has begun it."""
    digest = digest if digest is not None else digest_of(run_dir)
    if not owes_ending(run_dir, digest):
        return digest.status or "queued"
    if worker_of(run_dir, digest) is None and not _busy(run_dir):
        return "vanished"
    if not digest.began or digest.status is not None:
        return "starting"
    return "paused" if digest.paused else "running"


def owes_ending(run_dir: Path, digest: Digest) -> bool:
    """Whether a worker began that has not ended in `digest`, be it alive or gone."""
    noted = launched(run_dir)
    if noted and digest.endings <= noted.endings:
        return True
    return digest.documents > 0 and digest.status is None


def worker_of(run_dir: Path, digest: Digest) -> WorkerProcess | None:
    """The run's living worker: the one the launcher noted, else the one that wrote the record and still holds its lock.

    What the record says of a process counts on the clock, so it is never believed alone.
    """
    noted = launched(run_dir)
    if noted and alive(noted.pid, noted.started, noted.birth):
        return WorkerProcess(noted.pid, noted.started, noted.birth)
    if digest.pid and alive(digest.pid, digest.pid_started) and _busy(run_dir):
        return WorkerProcess(digest.pid, digest.pid_started, birth_of(digest.pid))
    return None


def _busy(run_dir: Path) -> bool:
    """Whether somebody holds the run's lock; a folder where no lock can be made is nobody's."""
    with suppress(OSError):
        return (run_dir / LOCK).exists() and is_locked(run_dir)
    return False
