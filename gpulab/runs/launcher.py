"""Starts the worker that trains a run: a process of its own, which the window's end does not touch."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import time
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import psutil
from filelock import FileLock, Timeout

from gpulab.events import control
from gpulab.events.log import is_locked
from gpulab.runs.digest import Digest
from gpulab.runs.files import not_writable, write_whole
from gpulab.runs.folder import EXPERIMENT, remove_drafts
from gpulab.runs.memory import oom_kills
from gpulab.runs.prewarming import Prewarmed
from gpulab.runs.reading import digest_of
from gpulab.runs.state import owes_ending, worker_of
from gpulab.runs.workers import WORKER, Launched, WorkerProcess, birth_of
from gpulab.spec import allocation, jobs
from gpulab.spec.problem import BadInput, refuse

LOG = "worker.log"
_LEAVING_S = 5.0
COMMAND = (sys.executable, "-m", "gpulab.engine.worker")
_POOLS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
COMPILED_IN = "TORCHINDUCTOR_CACHE_DIR"
"""The variable that tells Inductor where compiled models are kept; by itself it keeps them until the next restart."""
_TUNABLES = "GLIBC_TUNABLES"
_TUNED = {
    "glibc.malloc.hugetlb": 1,
    "glibc.malloc.trim_threshold": 2**32,
    "glibc.malloc.mmap_threshold": 2**30,
}
_NO_CONSOLE = 0
if sys.platform == "win32":  # what a session of its own is called there
    _NO_CONSOLE = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW


def start(
    run_dir: Path, resume: bool = False, command: Sequence[str] = COMMAND, warm: Prewarmed | None = None
) -> WorkerProcess:
    """Starts the worker of `run_dir`, or hands the run to a waiting one of `warm`.

    Raises BadInput `run_is_running` where one is at work already.
    """
    run_dir = run_dir.resolve()
    starting = FileLock(run_dir / ".start.lock")
    try:
        with starting.acquire(timeout=5.0):
            digest = digest_of(run_dir)
            _let_leave(run_dir, digest)
            if worker_of(run_dir, digest) or is_locked(run_dir):
                raise refuse("run_is_running", path=str(run_dir))
            arguments = [str(run_dir), *(["--resume"] if resume else [])]
            kills = oom_kills()
            remove_drafts(run_dir)
            control.begin(run_dir)
            child = (warm.take(environment(run_dir), arguments) if warm else None) or _spawn(
                run_dir, command, arguments
            )
            worker = WorkerProcess(child.pid, _create_time(child.pid), birth_of(child.pid), child)
            noted = Launched(worker.pid, worker.started, digest.endings, kills, worker.birth)
            write_whole(run_dir / WORKER, msgspec.json.encode(noted))
            return worker
    except Timeout as error:
        raise refuse("run_is_running", path=str(run_dir)) from error
    except OSError as error:
        raise not_writable(run_dir, error) from error


def _let_leave(run_dir: Path, digest: Digest) -> None:
    """A worker that has written its ending is gone in a moment; who resumes at once need not hear that it is there."""
    patience = time.monotonic() + _LEAVING_S
    while not owes_ending(run_dir, digest) and worker_of(run_dir, digest) and time.monotonic() < patience:
        time.sleep(0.02)


def attach(run_dir: Path) -> WorkerProcess | None:
    """The worker that is at work on `run_dir`, whoever started it; None where there is none."""
    return worker_of(run_dir, digest_of(run_dir))


def _spawn(run_dir: Path, command: Sequence[str], arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    with (run_dir / LOG).open("ab") as log:
        return subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment(run_dir),
            start_new_session=True,  # Ctrl+C in the terminal, or closing it, reaches only what was typed there
            creationflags=_NO_CONSOLE,
        )


def _create_time(pid: int) -> float:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).create_time()
    return 0.0


def environment(run_dir: Path) -> dict[str, str]:
    """The environment that the worker of `run_dir` needs."""
    wanted = _wanted(run_dir)
    threads, techniques = wanted.get("threads", 0), wanted.get("techniques", {})
    allocator = techniques.get(allocation.TABLE) if isinstance(techniques, dict) else None
    words = allocation.allocator_words(allocator) if isinstance(allocator, dict) else ""
    return environment_of(threads if isinstance(threads, int) else 0, words)


def environment_of(wanted_threads: int, allocator_words: str = "") -> dict[str, str]:
    """A worker's environment: thread pools and the GPU's allocator are fixed when torch is imported, so they must be
    told from outside.

    Threads that spin while they wait starve whatever else runs on the machine, the window first of all. What a model
    was compiled to is kept where other caches are, for the next run and after a restart, unless a place is set already.
    """
    import platformdirs

    from gpulab.hardware.machine import this_machine

    threads = str(this_machine().threads(wanted_threads))
    own = {"OMP_WAIT_POLICY": "passive", "PYTHONFAULTHANDLER": "1", "PYTHONUNBUFFERED": "1"}
    allocator = {allocation.VARIABLE: allocator_words} if allocator_words else {}
    kept = {COMPILED_IN: os.environ.get(COMPILED_IN) or str(Path(platformdirs.user_cache_dir("gpulab"), "compiled"))}
    return {
        **os.environ,
        **dict.fromkeys(_POOLS, threads),
        **own,
        **allocator,
        **kept,
        **_memory_kept(),
        **_import_path(),
    }


def _memory_kept() -> dict[str, str]:
    """Lets the C library keep what a step gives back, which the next step needs again, in pages of 2 MiB.

    By itself it returns the memory to Linux, which then clears it anew, 4 KiB at a time: 50,000 times a step of preset
    small. A step on one thread, as measured in turn: mini 1.06 times as fast in fp32, small 1.25 times in bf16; the
    peak of resident memory rises by 10 MB.
    """
    if not sys.platform.startswith("linux"):
        return {}
    before = os.environ.get(_TUNABLES, "")
    own = [f"{name}={value}" for name, value in _TUNED.items() if name not in before]
    return {_TUNABLES: ":".join(filter(None, [before, *own]))}


def _import_path() -> dict[str, str]:
    """In a checkout that is not installed, the worker is to find this very package from any folder."""
    beside = str(Path(__file__).resolve().parents[2])
    if beside in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib")):
        return {}
    known = os.environ.get("PYTHONPATH", "")
    return {"PYTHONPATH": os.pathsep.join(filter(None, [beside, known]))}


def _wanted(run_dir: Path) -> dict[str, Any]:
    with suppress(OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):  # the worker itself says what is wrong with it
        return tomllib.loads((run_dir / EXPERIMENT).read_text(encoding="utf-8"))
    with suppress(BadInput):  # a job of the machine says by itself what it needs
        return {"threads": jobs.where(jobs.load(run_dir)).threads}
    return {}
