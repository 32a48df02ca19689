"""The queue is a file that several processes serve, none of which may start a run twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gpulab.runs import folder
from gpulab.runs.launcher import start as start_worker
from gpulab.runs.queue import Queue
from gpulab.runs.state import state_of
from gpulab.runs.workers import WorkerProcess
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import BadInput, refuse
from tests.runs.conftest import Start, stand_in, wait_until


@pytest.fixture
def runs(root: Path) -> list[Path]:
    return [folder.create(root, Experiment(name=name)) for name in "abc"]


def test_runs_wait_in_order_and_can_be_moved(root: Path, runs: list[Path]) -> None:
    queue = Queue(root)
    for run_dir in runs:
        queue.add(run_dir)
    queue.move(runs[2], 0)
    assert Queue(root).waiting() == [runs[2], runs[0], runs[1]]
    queue.remove(runs[0])
    queue.add(runs[2])  # again: to the end, once
    assert Queue(root).waiting() == [runs[1], runs[2]]


def test_one_runs_at_a_time_and_a_failure_does_not_stop_the_queue(root: Path, runs: list[Path], start: Start) -> None:
    queue = Queue(root)
    for run_dir in runs:
        queue.add(run_dir)
    first = queue.advance(lambda run_dir: start(run_dir, "crash"))
    assert first is not None
    wait_until(lambda: not first[1].alive)

    second = queue.advance(lambda run_dir: start(run_dir, "forever"))
    assert second is not None
    assert state_of(first[0]) == "vanished"
    assert queue.current() == second[0]
    assert queue.advance(start) is None
    second[1].kill()
    wait_until(lambda: not second[1].alive)
    third = queue.advance(start)
    assert third is not None
    assert third[0] == runs[2]
    assert queue.waiting() == []


def test_a_run_that_cannot_start_is_closed_and_passed_over(root: Path, runs: list[Path], start: Start) -> None:
    queue = Queue(root)
    queue.add(runs[0])
    queue.add(runs[1])

    def picky(run_dir: Path) -> WorkerProcess:
        if run_dir == runs[0]:
            raise refuse("folder_not_writable", path="x", detail="full")
        return start(run_dir)

    begun = queue.advance(picky)
    assert begun is not None
    assert begun[0] == runs[1]
    assert state_of(runs[0]) == "failed"


def test_deleted_folders_wait_no_more(root: Path, runs: list[Path]) -> None:
    queue = Queue(root)
    queue.add(runs[0])
    (runs[0] / "experiment.toml").unlink()
    assert queue.waiting() == []
    assert queue.advance() is None


def test_strangers_are_refused(root: Path, runs: list[Path], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="run_missing"):
        Queue(root).add(tmp_path / runs[0].name)


def test_a_damaged_queue_file_is_an_empty_queue(root: Path, runs: list[Path]) -> None:
    (root / "queue.json").write_bytes(b'{"waiting": ["a')
    queue = Queue(root)
    queue.add(runs[0])
    assert queue.waiting() == [runs[0]]


_SERVE = """
import sys, time
from pathlib import Path
from gpulab.runs.launcher import start
from gpulab.runs.queue import Queue
queue = Queue(Path(sys.argv[1]))
while queue.waiting() or queue.current():
    if begun := queue.advance(lambda run_dir: start(run_dir, False, sys.argv[2:])):
        print(begun[0].name, flush=True)
    time.sleep(0.005)
"""


def test_two_processes_start_each_run_once(root: Path) -> None:
    runs = [folder.create(root, Experiment()) for _ in range(6)]
    queue = Queue(root)
    for run_dir in runs:
        queue.add(run_dir)
    command = [sys.executable, "-c", _SERVE, str(root), *stand_in("2")]
    project = Path(__file__).parents[2]
    servers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=project) for _ in range(2)]
    started = [name for server in servers for name in server.communicate(timeout=60)[0].split()]
    assert sorted(started) == sorted(run_dir.name for run_dir in runs)
    assert {state_of(run_dir) for run_dir in runs} == {"done"}


def test_the_queue_starts_the_real_launcher_by_default() -> None:
    assert Queue.advance.__defaults__ == (start_worker,)
