"""A waiting worker serves one run, never outlives who started it, and is left alone where it does not fit."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from gpulab.events.documents import RunEnded
from gpulab.events.log import read_all
from gpulab.runs import launcher
from gpulab.runs.prewarming import Prewarmed
from gpulab.spec.files import save
from tests.engine.support import tiny


def _run_dir(folder: Path) -> Path:
    run_dir = folder / "run"
    run_dir.mkdir()
    save(tiny(folder), run_dir / "experiment.toml")
    return run_dir


def _warmed(environment: dict[str, str]) -> tuple[Prewarmed, int]:
    before = {child.pid for child in psutil.Process().children()}
    warm = Prewarmed()
    warm.warm(environment)
    (pid,) = {child.pid for child in psutil.Process().children()} - before
    return warm, pid


def test_a_run_is_handed_to_the_waiting_worker(tmp_path: Path) -> None:
    run_dir = _run_dir(tmp_path)
    warm, pid = _warmed(launcher.environment(run_dir))
    worker = launcher.start(run_dir, warm=warm)
    assert worker.pid == pid
    while worker.alive:
        time.sleep(0.02)
    last = read_all(run_dir)[-1]
    assert isinstance(last, RunEnded)
    assert last.status == "done"
    assert (run_dir / "worker.log").exists()
    assert warm.take(launcher.environment(run_dir), [str(run_dir)]) is None
    warm.close()


@pytest.mark.parametrize("other", [{"OMP_NUM_THREADS": "97"}, {"NEW": "1"}])
def test_a_worker_of_another_environment_is_not_taken(tmp_path: Path, other: dict[str, str]) -> None:
    environment = launcher.environment_of(0)
    warm, pid = _warmed(environment)
    assert warm.take({**environment, **other}, [str(tmp_path)]) is None
    assert psutil.pid_exists(pid)
    warm.close()
    assert not psutil.pid_exists(pid)


def test_a_waiting_worker_that_was_killed_is_no_loss(tmp_path: Path) -> None:
    run_dir = _run_dir(tmp_path)
    warm, pid = _warmed(launcher.environment(run_dir))
    waiting = psutil.Process(pid)
    waiting.kill()
    waiting.wait()
    worker = launcher.start(run_dir, warm=warm)
    assert worker.pid != pid
    while worker.alive:
        time.sleep(0.02)
    warm.close()
    assert isinstance(read_all(run_dir)[-1], RunEnded)


def test_a_waiting_worker_ends_with_whoever_started_it() -> None:
    script = (
        "import os, psutil, sys; from gpulab.runs.prewarming import Prewarmed; warm = Prewarmed();"
        "warm.warm(dict(os.environ)); print(psutil.Process().children()[0].pid, flush=True); os._exit(1)"
    )
    parent = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    pid = int(parent.stdout)
    deadline = time.monotonic() + 30
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)
