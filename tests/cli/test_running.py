"""Real trainings through the real command line: run, compress, stop, resume, interrupt, kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gpulab.events.documents import RunEnded, Sample
from gpulab.events.log import read_all
from gpulab.runs.launcher import attach
from gpulab.runs.reading import digest_of
from gpulab.runs.state import state_of
from gpulab.spec.files import save
from gpulab.spec.presets import experiment_from
from tests.cli.conftest import Gpulab, Result

QUICK = ("--set", "evaluation.windows=2", "--set", "evaluation.sample_length=0", "--set", "training.eval_interval=10")
LONG = (*QUICK, "--set", "training.steps=1000000", "--set", "training.eval_interval=1000000")
KEYS = {
    "status", "steps", "parameters", "val_loss", "val_bits_per_byte", "test_bits_per_byte", "tokens_per_s",
    "peak_memory_bytes", "run_dir", "notices",
}  # fmt: skip


def test_a_run_gives_one_summary_object(finished: Result) -> None:
    assert finished.status == 0, finished.err
    summary = finished.json
    assert summary.keys() >= KEYS
    assert (summary["status"], summary["steps"]) == ("done", 20)
    assert all(summary[key] is not None for key in KEYS)
    assert "compressed" not in summary
    assert Path(summary["run_dir"]).parent.name == "out"
    assert isinstance(read_all(Path(summary["run_dir"]))[-1], RunEnded)


Queued = tuple[Result, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def queued(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Queued:
    """What `queue run` said of a run on a text of its own and a compression after it, and how both are listed."""
    folder = tmp_path_factory.mktemp("queued")
    file = folder / "nano.toml"
    save(experiment_from("nano"), file)
    text = "".join(f"Line {n} of a text that says number {n * n}.\n" for n in range(3000))
    (folder / "own.txt").write_text(text, encoding="utf-8")
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "GPULAB_HOME": str(folder)}

    def gpulab(*argv: str | Path) -> Result:
        command = [sys.executable, "-m", "gpulab", *map(str, argv)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        return Result(ended.returncode, ended.stdout, ended.stderr)

    switches = ("--set", "techniques.pruning=on", "--set", "techniques.quantization=on")
    gpulab("queue", "add", file, "--set", "data.path=own.txt", "--set", "training.steps=3", *QUICK)
    gpulab("queue", "add", file, "--set", "training.steps=12", *QUICK, *switches)
    result = gpulab("queue", "run")
    return result, sorted(gpulab("runs", "--json").json, key=lambda entry: entry["started_at"])


def test_the_queue_runs_what_waits(queued: Queued) -> None:
    result, entries = queued
    assert result.status == 0, result.err
    assert [(entry["state"], entry["step"]) for entry in entries] == [("done", 3), ("done", 12)]


def test_a_text_beside_the_experiment_is_found_and_told_in_words(queued: Queued) -> None:
    told = queued[0].out
    assert told.startswith("Done after 3 steps.")
    assert "bits per byte" in told


def test_a_compression_stands_beside_what_was_trained(queued: Queued) -> None:
    summary = queued[1][1]["summary"]
    assert summary["compressed"]["model_bytes"] < summary["model_bytes"]
    assert summary["compressed"]["test_bits_per_byte"] > 0
    assert "compressed: " in queued[0].out


class Terminal:
    """`gpulab run` as a process of its own."""

    def __init__(self, *argv: str | Path) -> None:
        command = [sys.executable, "-m", "gpulab", *map(str, argv)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run_dir(self) -> Path:
        """The run's folder, once its training is on its way."""
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        run_dir = Path(line.partition(": ")[2].strip())
        wait_until(lambda: digest_of(run_dir).step > 20)
        return run_dir

    def end(self) -> tuple[int, dict[str, Any]]:
        out, err = self.process.communicate(timeout=60)
        assert "Traceback" not in err
        return self.process.returncode, json.loads(out)


def wait_until(true: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def test_ctrl_c_stops_and_saves_and_resume_goes_on(gpulab: Gpulab, file: Path) -> None:
    terminal = Terminal("run", file, "--json", *LONG)
    run_dir = terminal.run_dir()
    terminal.process.send_signal(signal.SIGINT)
    status, summary = terminal.end()
    assert (status, summary["status"]) == (0, "stopped")

    again = Terminal("resume", run_dir, "--json")
    wait_until(lambda: digest_of(run_dir).step > summary["steps"] + 20)
    assert gpulab("stop", run_dir).status == 0
    status, resumed = again.end()
    assert (status, resumed["status"]) == (0, "stopped")
    assert resumed["steps"] > summary["steps"]


def test_a_second_ctrl_c_ends_at_once(gpulab: Gpulab, file: Path) -> None:
    terminal = Terminal("run", file, "--json", *LONG)
    run_dir = terminal.run_dir()
    worker = attach(run_dir)
    assert worker is not None
    os.kill(worker.pid, signal.SIGSTOP)  # it cannot obey
    terminal.process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    terminal.process.send_signal(signal.SIGINT)
    status, summary = terminal.end()
    assert (status, summary["status"], summary["reason"]) == (1, "vanished", "worker_killed")


def test_a_killed_worker_fails_the_command_with_its_reason(gpulab: Gpulab, file: Path) -> None:
    terminal = Terminal("run", file, "--json", *LONG)
    run_dir = terminal.run_dir()
    assert gpulab("pause", run_dir).status == 0
    wait_until(lambda: state_of(run_dir) == "paused")
    assert gpulab("resume", run_dir).status == 2  # it is being worked on
    assert gpulab("continue", run_dir).status == 0
    wait_until(lambda: state_of(run_dir) == "running")
    worker = attach(run_dir)
    assert worker is not None
    os.kill(worker.pid, signal.SIGKILL)
    status, summary = terminal.end()
    assert (status, summary["reason"]) == (1, "worker_killed")
    assert "SIGKILL" in summary["sentence"]


def test_the_terminal_may_close_while_the_run_goes_on(gpulab: Gpulab, file: Path) -> None:
    terminal = Terminal("run", file, "--json", *LONG)
    run_dir = terminal.run_dir()
    terminal.process.kill()
    terminal.process.communicate()
    before = digest_of(run_dir).step
    wait_until(lambda: digest_of(run_dir).step > before)
    assert gpulab("stop", run_dir).status == 0
    assert state_of(run_dir) == "stopped"
    steps = [document.step for document in read_all(run_dir) if isinstance(document, Sample)]
    assert steps == sorted(steps)


@pytest.mark.parametrize("argv", [["run", "absent.toml"], ["describe", "--jsn"]])
def test_bad_input_as_a_process(argv: list[str]) -> None:
    command = [sys.executable, "-m", "gpulab", *argv]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert len(ended.stderr.splitlines()) == 1
