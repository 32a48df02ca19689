"""Workers are real processes here: started, found again, killed, closed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from gpulab.events.control import Command, give
from gpulab.events.documents import Notice, RunEnded, Sample
from gpulab.events.log import EventLog, is_locked, read_all
from gpulab.runs import launcher, recovery
from gpulab.runs.follow import Follower
from gpulab.runs.state import state_of
from gpulab.runs.workers import WorkerProcess, alive, birth_of
from gpulab.spec.problem import BadInput
from tests.runs.conftest import Start, wait_until
from tests.runs.stand_in import first


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
    process = psutil.Process(worker.pid)
    wait_until(lambda: process.environ().get("OMP_WAIT_POLICY") == "passive")  # until then it is a copy of this one
    assert int(process.environ()["OMP_NUM_THREADS"]) >= 1


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


@pytest.mark.parametrize("birth", ["", "another boot 1"])
def test_a_recycled_pid_is_never_touched(birth: str) -> None:
    own = psutil.Process()
    stranger = WorkerProcess(own.pid, own.create_time() - (0 if birth else 60), birth)
    assert not alive(stranger.pid, stranger.started, stranger.birth)
    stranger.terminate()
    stranger.kill()  # would end this very test


@pytest.mark.skipif(not birth_of(os.getpid()), reason="this system tells births by the clock alone")
def test_a_clock_that_is_set_orphans_no_run(run_dir: Path, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = start(run_dir, "slow")
    create_time = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: create_time(process) + 3600)
    for _ in range(2):  # before it holds the lock, and after
        found = launcher.attach(run_dir)
        assert found is not None
        assert (found.pid, found.alive) == (worker.pid, True)
        assert recovery.close_if_vanished(run_dir) is None
        wait_until(lambda: Follower(run_dir).poll())
    (run_dir / "worker.json").unlink()
    assert launcher.attach(run_dir) is None  # the record's word alone: nobody is touched
    assert state_of(run_dir) == "running"  # but the lock is held
    assert recovery.close_if_vanished(run_dir) is None


def test_a_record_without_its_lock_names_nobody(run_dir: Path) -> None:
    own = psutil.Process()
    with EventLog(run_dir) as log:
        log.append([first(own.pid, own.create_time(), 3)])
        assert launcher.attach(run_dir) is not None
    assert launcher.attach(run_dir) is None
    assert state_of(run_dir) == "vanished"


@pytest.mark.parametrize("measure", ["terminate", "kill"])
def test_a_worker_that_ends_just_now_is_no_error(
    run_dir: Path, start: Start, monkeypatch: pytest.MonkeyPatch, measure: str
) -> None:
    worker = start(run_dir)
    process = worker._process()
    worker.kill()
    wait_until(lambda: not worker.alive)
    monkeypatch.setattr(WorkerProcess, "_process", lambda self: process)
    getattr(worker, measure)()


@pytest.mark.parametrize("command", ["stop", "pause"])
def test_orders_given_while_the_worker_begins_are_obeyed(run_dir: Path, start: Start, command: Command) -> None:
    give(run_dir, "stop")  # to whoever was here before
    start(run_dir, "slow")
    give(run_dir, command)
    assert read_all(run_dir) == []
    wait_until(lambda: state_of(run_dir) == ("stopped" if command == "stop" else "paused"))
    obeyed = next(document for document in read_all(run_dir) if isinstance(document, RunEnded | Notice))
    assert obeyed.step == 1


def test_half_checkpoints_of_killed_workers_are_removed(run_dir: Path, start: Start) -> None:
    draft = run_dir / "checkpoints/.draft-7"
    draft.mkdir(parents=True)
    worker = start(run_dir)
    assert not draft.exists()  # whoever starts the next worker removes it
    wait_until(lambda: is_locked(run_dir))
    draft.mkdir()
    worker.kill()
    wait_until(lambda: not worker.alive)
    assert recovery.close_if_vanished(run_dir) is not None
    assert not draft.exists()  # whoever notices that the worker is gone, too


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
    before = start(run_dir, "2")
    wait_until(lambda: not before.alive)
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
