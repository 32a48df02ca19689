"""Tests of runs share a run folder plus a way to start the stand-in worker in it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gpulab.runs import folder, launcher
from gpulab.runs.workers import WorkerProcess
from gpulab.spec.experiment import Experiment

Start = Callable[..., WorkerProcess]
STAND_IN = Path(__file__).with_name("stand_in.py")


def stand_in(mode: str) -> tuple[str, ...]:
    return (sys.executable, str(STAND_IN), mode)


def wait_until(true: Callable[[], object], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def run_dir(root: Path) -> Path:
    return folder.create(root, Experiment())


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts stand-in workers, ends them all afterwards."""
    workers: list[WorkerProcess] = []

    def start(run_dir: Path, mode: str = "forever", resume: bool = False) -> WorkerProcess:
        workers.append(launcher.start(run_dir, resume, stand_in(mode)))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()
