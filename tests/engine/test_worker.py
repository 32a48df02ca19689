"""The worker process takes orders, survives what can be survived, and leaves a record that says how it ended."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpulab.events.control import give
from gpulab.events.documents import ArtifactSaved, Notice, RunStarted, Sample
from gpulab.events.log import is_locked, read_all
from gpulab.spec.files import save
from tests.engine.support import ended, losses, run, tiny

LONG = 10**6


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker on a training that would take hours, past its first steps."""
    save(tiny(tmp_path, steps=LONG, eval_interval=LONG, checkpoint_interval=50), tmp_path / "experiment.toml")
    process = subprocess.Popen([sys.executable, "-m", "gpulab.engine.worker", str(tmp_path)])
    try:
        _wait_until(lambda: _last_step(tmp_path) > 100)
        yield process
    finally:
        process.kill()
        process.wait()


def _wait_until(condition: object, seconds: float = 60.0) -> None:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def _last_step(run_dir: Path) -> int:
    return max((document.step for document in read_all(run_dir) if isinstance(document, Sample)), default=-1)


def _keys(run_dir: Path) -> list[str]:
    return [document.key for document in read_all(run_dir) if isinstance(document, Notice)]


def test_pause_single_step_and_resume(tmp_path: Path, worker: subprocess.Popen[bytes]) -> None:
    give(tmp_path, "pause")
    _wait_until(lambda: "paused" in _keys(tmp_path))
    standing = _last_step(tmp_path)
    time.sleep(0.3)
    assert _last_step(tmp_path) == standing
    give(tmp_path, "step")
    _wait_until(lambda: _keys(tmp_path).count("paused") == 2)
    assert _last_step(tmp_path) == standing + 1
    give(tmp_path, "resume")
    _wait_until(lambda: _last_step(tmp_path) > standing + 20)
    assert "continued" in _keys(tmp_path)


def test_stop_and_save_leaves_a_checkpoint_of_the_last_step(tmp_path: Path, worker: subprocess.Popen[bytes]) -> None:
    give(tmp_path, "stop_and_save")
    assert worker.wait(30) == 0
    end = ended(read_all(tmp_path))
    assert end.status == "stopped"
    saved = [document.step for document in read_all(tmp_path) if isinstance(document, ArtifactSaved)]
    assert saved[-1] == end.step == _last_step(tmp_path)


def test_stop_keeps_what_was_saved_before(tmp_path: Path, worker: subprocess.Popen[bytes]) -> None:
    give(tmp_path, "stop")
    assert worker.wait(30) == 0
    assert ended(read_all(tmp_path)).status == "stopped"
    saved = [document.step for document in read_all(tmp_path) if isinstance(document, ArtifactSaved)]
    assert saved
    assert all(step % 50 == 0 for step in saved)


def test_a_polite_termination_signal_stops_and_saves(tmp_path: Path, worker: subprocess.Popen[bytes]) -> None:
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    assert ended(read_all(tmp_path)).status == "stopped"


def test_a_killed_worker_resumes_with_the_losses_it_would_have_had(
    tmp_path: Path, worker: subprocess.Popen[bytes]
) -> None:
    assert is_locked(tmp_path)
    worker.kill()
    worker.wait()
    assert not is_locked(tmp_path)
    before = losses(read_all(tmp_path))
    save(tiny(tmp_path, steps=max(before), eval_interval=LONG, checkpoint_interval=50), tmp_path / "experiment.toml")
    after = losses(run(tmp_path, resume=True))
    overlap = sorted(before)[-10:]
    assert [after[step] for step in overlap] == [before[step] for step in overlap]


def test_two_workers_never_share_a_run(tmp_path: Path, worker: subprocess.Popen[bytes]) -> None:
    command = [sys.executable, "-m", "gpulab.engine.worker", str(tmp_path)]
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    assert second.returncode == 2
    assert "run_is_running" in second.stderr


def test_the_record_begins_with_everything_needed_to_repeat_the_run(tmp_path: Path) -> None:
    started = run(tmp_path / "run", tiny(tmp_path))[0]
    assert isinstance(started, RunStarted)
    assert started.seed == 1337
    assert started.threads == 1
    assert started.device == "cpu"
    assert started.versions["torch"]
    assert started.experiment["model"]["n_embd"] == 16


@pytest.mark.parametrize("keep", [0, 10, 200])
def test_a_checkpoint_cut_off_anywhere_is_refused_in_words(tmp_path: Path, keep: int) -> None:
    run_dir = tmp_path / "run"
    run(run_dir, tiny(tmp_path))
    tensors = run_dir / "checkpoints/step-00000012/tensors.safetensors"
    tensors.write_bytes(tensors.read_bytes()[:keep])
    end = ended(run(run_dir, resume=True))
    assert (end.status, end.reason) == ("failed", "checkpoint_damaged")


def test_resuming_without_a_checkpoint_is_refused_in_words(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    save(tiny(tmp_path), run_dir / "experiment.toml")
    assert ended(run(run_dir, resume=True)).reason == "no_checkpoint"
