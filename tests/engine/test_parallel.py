"""Several real processes train one model as one would, obey as one, and leave nothing behind however they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from gpulab.engine.parallel.messages import Ending, verdict
from gpulab.events.control import give
from gpulab.events.documents import ArtifactSaved, Notice, RunEnded, RunStarted, Sample, SeriesDeclared
from gpulab.events.log import is_locked, read_all
from gpulab.spec.files import save
from gpulab.spec.problem import Problem
from gpulab.words import sentences
from tests.engine.support import ended, losses, run, tiny

pytestmark = pytest.mark.timeout(400)  # real processes, each of which imports torch on a busy machine

LONG = 10**6
TWO = {"data_parallel": {"workers": 2}}


def _keys(run_dir: Path) -> list[str]:
    return [document.key for document in read_all(run_dir) if isinstance(document, Notice)]


def _last_step(run_dir: Path) -> int:
    return max((document.step for document in read_all(run_dir) if isinstance(document, Sample)), default=-1)


def _wait_until(condition: object, seconds: float = 90.0) -> None:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def test_two_workers_train_what_one_trains(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"accumulation": 2, "eval_interval": 6}
    alone = run(tmp_path / "alone", tiny(tmp_path, **settings))
    together = run(tmp_path / "together", tiny(tmp_path, TWO, **settings))
    assert ended(together).status == "done", ended(together)
    assert losses(together) == pytest.approx(losses(alone), abs=1e-5)
    figures = {"val_loss", "test_loss", "test_bits_per_byte", "best_val_loss"}
    one, two = ({key: ended(of).summary[key] for key in figures} for of in (alone, together))
    assert two == pytest.approx(one, abs=1e-5)
    slices = [
        {name: each["bits_per_byte"] for name, each in ended(of).summary["slices"].items()} for of in (alone, together)
    ]
    assert slices[1] == pytest.approx(slices[0], abs=1e-5)

    started = together[0]
    assert isinstance(started, RunStarted)
    assert started.pid == os.getpid()  # the agent's: here the process that called
    assert "wire_bytes" in {document.key for document in together if isinstance(document, SeriesDeclared)}
    sent = {d.values["wire_bytes"] for d in together if isinstance(d, Sample) and "wire_bytes" in d.values}
    assert sent == {4.0 * started.parameters}  # once a step, however many micro-batches; in a ring of two all of it
    assert not any("wire_bytes" in document.values for document in alone if isinstance(document, Sample))


@pytest.mark.parametrize("method", ["fp16", "bf16"])
def test_gradients_in_16_bits_send_half_and_train_almost_alike(tmp_path: Path, method: str) -> None:
    alone = losses(run(tmp_path / "alone", tiny(tmp_path, steps=6)))
    documents = run(tmp_path / "run", tiny(tmp_path, TWO | {"gradient_compression": {"method": method}}, steps=6))
    assert losses(documents) == pytest.approx(alone, abs=1e-3)
    started = documents[0]
    assert isinstance(started, RunStarted)
    sent = {d.values["wire_bytes"] for d in documents if isinstance(d, Sample) and "wire_bytes" in d.values}
    assert sent == {2.0 * started.parameters}


def test_all_ranks_diverge_together(tmp_path: Path) -> None:
    techniques = TWO | {"normalization": {"kind": "none"}, "gradient_compression": {"method": "topk"}}
    experiment = tiny(tmp_path, techniques, steps=400, learning_rate=10.0, optimizer="sgd", eval_interval=400)
    documents = run(tmp_path / "run", experiment)
    assert (ended(documents).status, ended(documents).reason) == ("failed", "diverged")
    assert "step_skipped" in _keys(tmp_path / "run")


def test_a_text_that_is_gone_is_said_as_it_is_with_one_process(tmp_path: Path) -> None:
    experiment = tiny(tmp_path, TWO)
    (tmp_path / "text.txt").unlink()
    last = ended(run(tmp_path / "run", experiment))
    assert (last.status, last.reason) == ("failed", "text_missing")


def test_a_damaged_part_of_one_rank_gives_way_to_the_checkpoint_before(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    compressed = TWO | {"gradient_compression": {"method": "powersgd", "start": 2}}
    whole = losses(run(run_dir, tiny(tmp_path, compressed)))
    part = run_dir / "checkpoints/step-00000012/rank-01.safetensors"
    part.write_bytes(part.read_bytes()[:10])
    again = run(run_dir, resume=True)
    assert ended(again).status == "done"
    assert "older_checkpoint_used" in _keys(run_dir)
    assert losses(again) == whole


class _Agent:
    """A real worker process whose training several processes share."""

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir
        self.process: subprocess.Popen[bytes] | None = None
        self.ranks: list[psutil.Process] = []

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Starts it and waits until it has made steps."""
        before, seen = _last_step(self.run_dir), len(read_all(self.run_dir)) if arguments else 0
        command = [sys.executable, "-m", "gpulab.engine.worker", str(self.run_dir), *arguments]
        self.process = subprocess.Popen(command)
        _wait_until(lambda: len(read_all(self.run_dir)) > seen + 2 and _last_step(self.run_dir) > max(before, 20))
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.ranks = sorted((c for c in children if "gpulab.engine.parallel.rank" in c.cmdline()), key=_rank_of)
        assert len(self.ranks) == 2
        return self.process

    def end(self) -> None:
        for process in self.ranks:
            if process.is_running():
                process.kill()
        if self.process:
            self.process.kill()
            self.process.wait()


def _rank_of(process: psutil.Process) -> int:
    return int(process.environ()["RANK"])


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[_Agent]:
    started = _Agent(tmp_path)
    try:
        yield started
    finally:
        started.end()


def test_a_team_obeys_as_one_and_leaves_nothing_behind(tmp_path: Path, agent: _Agent) -> None:
    save(tiny(tmp_path, TWO, steps=LONG, eval_interval=LONG, checkpoint_interval=LONG), tmp_path / "experiment.toml")
    (tmp_path / "events.jsonl").touch()
    process = agent.start()
    assert is_locked(tmp_path)

    give(tmp_path, "pause")
    _wait_until(lambda: "paused" in _keys(tmp_path))
    standing = _last_step(tmp_path)
    give(tmp_path, "save")
    _wait_until(lambda: any(isinstance(document, ArtifactSaved) for document in read_all(tmp_path)))
    assert (_last_step(tmp_path), _keys(tmp_path).count("paused")) == (standing, 1)
    give(tmp_path, "step")
    _wait_until(lambda: _keys(tmp_path).count("paused") == 2)
    assert _last_step(tmp_path) == standing + 1
    give(tmp_path, "resume")
    _wait_until(lambda: _last_step(tmp_path) > standing + 20)

    # One of the others is killed: the run ends with the reason, and is not begun again behind anybody's back.
    agent.ranks[1].kill()
    assert process.wait(60) == 1
    last = ended(read_all(tmp_path))
    assert (last.status, last.reason) == ("failed", "rank_killed")
    assert (last.arguments["rank"], last.arguments["signal"]) == (2, "SIGKILL")
    assert last.reason in sentences()

    # The agent is killed and can tell nobody: its ranks notice.
    process = agent.start("--resume")
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(agent.ranks, timeout=5)
    assert not alive
    assert not is_locked(tmp_path)

    # A polite signal ends all of them at one step, saved.
    process = agent.start("--resume")
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    documents = read_all(tmp_path)
    saved = [document.step for document in documents if isinstance(document, ArtifactSaved)]
    assert (ended(documents).status, saved[-1]) == ("stopped", ended(documents).step)
    assert ended(documents).step == _last_step(tmp_path)
    assert not list(tmp_path.glob(".ranks-*"))  # that of the killed agent neither


def _ending(rank: int, at: float, status: str, reason: str = "", bereft: bool = False) -> Ending:
    return Ending(rank, at, RunEnded(status=status, step=7, reason=reason), bereft=bereft)  # type: ignore[arg-type]


def test_the_reason_is_what_happened_first_not_what_followed_from_it() -> None:
    failed = _ending(1, 1.0, "failed", "technique_failed")
    follows = _ending(0, 2.0, "failed", "crashed", bereft=True)
    assert verdict([failed, follows], {0: 1, 1: 1}, 2, 0) is failed
    killed = verdict([follows], {0: 1, 1: -9}, 2, 3).result()
    assert (killed.reason, killed.arguments["rank"], killed.arguments["signal"]) == ("rank_killed", 2, "SIGKILL")
    starved = verdict([follows], {0: 1, 1: -9}, 2, 3, memory_ran_out=True).result()
    assert starved.reason == "worker_killed_for_memory"
    crashed = verdict([], {1: 3}, 2, 3).result()
    assert (crashed.reason, crashed.arguments["exit_code"], crashed.step) == ("rank_crashed", 3, 3)
    assert verdict([follows], {0: 1}, 2, 0) is follows


def test_followers_that_are_done_do_not_hide_that_the_leader_failed() -> None:
    leader = _ending(0, 2.0, "failed", "technique_failed")
    assert verdict([_ending(1, 1.0, "done"), leader], {0: 1}, 2, 0) is leader
    done = _ending(0, 2.0, "done")
    assert verdict([_ending(1, 1.0, "failed", "crashed"), done], {1: 1}, 2, 0) is done


def test_bad_input_of_any_rank_is_bad_input_of_the_run() -> None:
    refused = Ending(0, 1.0, problems=(Problem("text_missing", "", {"path": "x"}),))
    again = msgspec.json.decode(msgspec.json.encode(refused), type=Ending)
    assert verdict([again], {0: 2}, 2, 0).problems == refused.problems
