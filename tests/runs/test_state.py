"""A run's state can be told by anybody from its folder alone."""

from __future__ import annotations

from pathlib import Path

from gpulab.events.control import give
from gpulab.runs.reading import digest_of
from gpulab.runs.recovery import close_if_vanished
from gpulab.runs.state import state_of
from tests.runs.conftest import Start, wait_until


def test_a_run_through_its_states(run_dir: Path, start: Start) -> None:
    assert state_of(run_dir) == "queued"
    worker = start(run_dir)
    assert state_of(run_dir) in ("starting", "running")
    wait_until(lambda: state_of(run_dir) == "running")
    give(run_dir, "pause")
    wait_until(lambda: state_of(run_dir) == "paused")
    give(run_dir, "resume")
    wait_until(lambda: state_of(run_dir) == "running")
    give(run_dir, "stop")
    wait_until(lambda: not worker.alive)
    assert state_of(run_dir) == "stopped"


def test_a_worker_gone_without_a_word_is_vanished(run_dir: Path, start: Start) -> None:
    worker = start(run_dir, "before_start")
    wait_until(lambda: not worker.alive)
    assert state_of(run_dir) == "vanished"
    close_if_vanished(run_dir)
    assert (state_of(run_dir), digest_of(run_dir).status) == ("vanished", "vanished")


def test_a_resumed_run_is_starting_again(run_dir: Path, start: Start) -> None:
    first = start(run_dir, "3")
    wait_until(lambda: not first.alive)
    assert state_of(run_dir) == "done"
    start(run_dir, resume=True)
    assert state_of(run_dir) in ("starting", "running")
    wait_until(lambda: state_of(run_dir) == "running")
