"""Whatever state a worker is in, Stop ends it; the order comes first."""

from __future__ import annotations

from pathlib import Path

from gpulab.runs.digest import Digest
from gpulab.runs.reading import digest_of
from gpulab.runs.state import state_of
from gpulab.runs.stopping import Stopping, ask_s, stop
from tests.runs.conftest import Start, wait_until


def test_a_worker_that_listens_ends_by_itself(run_dir: Path, start: Start) -> None:
    worker = start(run_dir)
    wait_until(lambda: digest_of(run_dir).step > 1)
    assert stop(run_dir, worker) is None
    assert state_of(run_dir) == "stopped"
    assert worker.exit_code == 0


def test_a_worker_that_is_deaf_is_killed_and_closed(run_dir: Path, start: Start) -> None:
    worker = start(run_dir, "deaf")
    wait_until(lambda: digest_of(run_dir).step > 1)
    now = [0.0]
    stopping = Stopping(run_dir, worker, ask_s=20.0, clock=lambda: now[0])
    stages = []
    for now[0] in (0.0, 21.0, 40.0):
        assert not stopping.tick()
        stages.append(stopping.stage)
    assert stages == ["asked", "terminated", "killed"]
    wait_until(stopping.tick)
    assert stop(run_dir, worker) is not None
    assert state_of(run_dir) == "vanished"


def test_slow_steps_get_more_patience() -> None:
    assert ask_s(Digest(step=2, seconds=120.0)) >= 300 > ask_s(Digest())
