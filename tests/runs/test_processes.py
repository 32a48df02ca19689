"""Workers are real processes here: started, found again, killed, closed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from gpulab.events.documents import RunEnded, Sample
from gpulab.events.log import is_locked, read_all
from gpulab.runs import launcher, recovery
from gpulab.runs.follow import Follower
from gpulab.runs.workers import WorkerProcess, alive
from gpulab.spec.problem import BadInput
from tests.runs.conftest import Start, wait_until


def test_a_started_worker_is_followed_to_its_end(run_dir: Path, start: Start) -> None:
    worker = start(run_dir, "5")
    follower = Follower(run_dir)
    documents = follower.poll()
    while not follower.ended:
        documents += follower.poll()
    assert [d.step for d in documents if isinstance(d, Sample)] == [1, 2, 3, 4, 5]
    wait_until(lambda: not worker.alive)
    assert worker.exit_code == 0


def test_a_worker_has_a_session_of_its_own(run_dir: Path, start: Start) -> None:
    worker = start(run_dir)
    assert os.getsid(worker.pid) == worker.pid != os.getsid(0)


def test_a_worker_is_told_its_threads_before_torch_is_imported(run_dir: Path, start: Start) -> None:
    worker = start(run_dir)
    environment = psutil.Process(worker.pid).environ()
    assert environment["OMP_WAIT_POLICY"] == "passive"
    assert int(environment["OMP_NUM_THREADS"]) >= 1


def test_a_second_worker_is_refused(run_dir: Path, start: Start) -> None:
    start(run_dir)
    with pytest.raises(BadInput, match="run_is_running"):
        start(run_dir)


def test_a_running_worker_is_found_by_whoever_comes_later(run_dir: Path, start: Start) -> None:
    worker = start(run_dir)
    found = launcher.attach(run_dir)
    assert found is not None
    assert (found.pid, found.started) == (worker.pid, worker.started)
    (run_dir / "worker.json").unlink()
    wait_until(lambda: launcher.attach(run_dir))  # from the record alone


def test_a_recycled_pid_is_never_touched() -> None:
    own = psutil.Process()
    stranger = WorkerProcess(own.pid, own.create_time() - 60)
    assert not alive(stranger.pid, stranger.started)
    stranger.terminate()
    stranger.kill()  # would end this very test


def test_a_killed_worker_is_closed_with_its_reason(run_dir: Path, start: Start) -> None:
    worker = start(run_dir)
    wait_until(lambda: len(Follower(run_dir).poll()) > 3)
    os.kill(worker.pid, signal.SIGKILL)
    wait_until(lambda: not worker.alive)
    ended = recovery.close_if_vanished(run_dir, worker.exit_code)
    assert ended is not None
    assert (ended.status, ended.reason, ended.arguments["signal"]) == ("vanished", "worker_killed", "SIGKILL")
    assert ended.step >= 3
    assert read_all(run_dir)[-1] == ended
    assert recovery.close_if_vanished(run_dir) is None


def test_a_living_worker_is_left_alone(run_dir: Path, start: Start) -> None:
    start(run_dir)
    wait_until(lambda: is_locked(run_dir))
    assert recovery.close_if_vanished(run_dir) is None
    assert not any(isinstance(document, RunEnded) for document in read_all(run_dir))


def test_a_worker_that_never_began_is_closed_with_its_last_words(run_dir: Path, start: Start) -> None:
    worker = start(run_dir, "before_start")
    wait_until(lambda: not worker.alive)
    ended = recovery.close_if_vanished(run_dir, worker.exit_code)
    assert ended is not None
    assert (ended.reason, ended.arguments["exit_code"]) == ("worker_crashed", 7)
    assert "nonsense" in str(ended.arguments["log"])


def test_running_out_of_memory_is_named(run_dir: Path, start: Start) -> None:
    worker = start(run_dir, "crash")
    wait_until(lambda: not worker.alive)
    ended = recovery.close_if_vanished(run_dir, worker.exit_code)
    assert ended is not None
    assert ended.reason == "worker_out_of_memory"


def test_a_resumed_run_whose_worker_dies_at_once_is_closed_again(run_dir: Path, start: Start) -> None:
    first = start(run_dir, "2")
    wait_until(lambda: not first.alive)
    worker = start(run_dir, "before_start", resume=True)
    wait_until(lambda: not worker.alive)
    assert recovery.close_if_vanished(run_dir, worker.exit_code) is not None
    assert sum(isinstance(document, RunEnded) for document in read_all(run_dir)) == 2


def test_a_cut_last_line_is_mended_when_the_run_is_closed(run_dir: Path, start: Start) -> None:
    worker = start(run_dir)
    wait_until(lambda: len(Follower(run_dir).poll()) > 3)
    worker.kill()
    wait_until(lambda: not worker.alive)
    path = run_dir / "events.jsonl"
    path.write_bytes(path.read_bytes()[:-5])
    assert recovery.close_if_vanished(run_dir) is not None
    assert isinstance(read_all(run_dir)[-1], RunEnded)
