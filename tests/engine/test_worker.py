"""The worker process takes orders, survives what can be survived, and leaves a record that says how it ended."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from gpulab.engine.desk import Desk
from gpulab.engine.worker import work
from gpulab.events.control import give
from gpulab.events.documents import ArtifactSaved, Notice, RunStarted, Sample
from gpulab.events.log import is_locked, read_all
from gpulab.spec.files import save
from tests.engine.support import ended, losses, run, tiny, write_text

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
    assert all(started.versions[library] for library in ("torch", "torchao", "torch-pruning", "tokenizers"))
    assert started.experiment["model"]["n_embd"] == 16


@pytest.mark.parametrize("keep", [0, 10, 200])
def test_a_checkpoint_cut_off_anywhere_gives_way_to_the_one_before(tmp_path: Path, keep: int) -> None:
    run_dir = tmp_path / "run"
    whole = losses(run(run_dir, tiny(tmp_path)))
    _cut(run_dir / "checkpoints/step-00000012", keep)
    again = run(run_dir, resume=True)
    assert ended(again).status == "done"
    assert "older_checkpoint_used" in _keys(run_dir)
    assert losses(again) == whole


def test_a_run_whose_checkpoints_are_all_cut_off_is_refused_in_words(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    run(run_dir, tiny(tmp_path))
    for checkpoint in (run_dir / "checkpoints").iterdir():
        _cut(checkpoint, 10)
    end = ended(run(run_dir, resume=True))
    assert (end.status, end.reason, end.step) == ("failed", "checkpoint_damaged", 12)


def _cut(checkpoint: Path, keep: int) -> None:
    tensors = checkpoint / "tensors.safetensors"
    tensors.write_bytes(tensors.read_bytes()[:keep])


def test_a_long_look_at_the_model_ends_when_asked_and_is_made_up_for(tmp_path: Path) -> None:
    write_text(tmp_path, words=60_000)
    experiment = tiny(tmp_path, steps=3)
    slow = msgspec.structs.replace(experiment.evaluation, windows=10**6, sample_length=0)
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    save(msgspec.structs.replace(experiment, evaluation=slow), run_dir / "experiment.toml")
    desk = Desk(run_dir)
    give(run_dir, "stop_and_save")
    work(run_dir, desk)
    end = ended(read_all(run_dir))
    assert (end.status, end.step) == ("stopped", 0)
    assert not [document for document in read_all(run_dir) if isinstance(document, Sample)]
    documents = run(run_dir, resume=True)
    assert ended(documents).status == "done"
    looked_at = [d.step for d in documents if isinstance(d, Sample) and "val_loss" in d.values]
    assert looked_at == [0, 3]


def test_a_disk_that_takes_no_checkpoint_does_not_end_the_training(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk: the record is small, the tensors are not."""
    run_dir, experiment = tmp_path / "run", tiny(tmp_path)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limit[1]))
    try:
        documents = run(run_dir, experiment)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert ended(documents).status == "done"
    assert ended(documents).summary["model_bytes"] is None
    assert {"checkpoint_failed", "model_not_saved"} <= set(_keys(run_dir))
    assert not list((run_dir / "checkpoints").iterdir())


def test_resuming_without_a_checkpoint_is_refused_in_words(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    save(tiny(tmp_path), run_dir / "experiment.toml")
    assert ended(run(run_dir, resume=True)).reason == "no_checkpoint"
