"""Runs to be watched: one that trains for as long as it is needed, and finished ones beside it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from gpulab.events.control import give
from gpulab.events.documents import AnyDocument, RunEnded, RunStarted, Sample
from gpulab.events.log import EventLog
from gpulab.runs import folder, launcher
from gpulab.runs.follow import Follower
from gpulab.runs.workers import WorkerProcess
from gpulab.spec.decode import encode
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import experiment_hash
from gpulab.spec.presets import experiment_from

_NEVER = 10**8
_PATIENCE_S = 120.0


def experiment() -> Experiment:
    """Preset mini without end, and without the looks at held-out text that would interrupt the throughput."""
    mini = experiment_from("mini")
    training = msgspec.structs.replace(mini.training, steps=_NEVER, eval_interval=_NEVER, checkpoint_interval=_NEVER)
    return msgspec.structs.replace(mini, name="Watched", training=training, device="cpu")


@contextmanager
def training(root: Path) -> Iterator[Path]:
    """A worker that trains below `root` until the block ends; yields the run's folder once steps are made."""
    run_dir = folder.create(root, experiment())
    worker = launcher.start(run_dir)
    try:
        _wait_for_steps(run_dir, worker)
        yield run_dir
    finally:
        give(run_dir, "stop")
        patience = time.monotonic() + _PATIENCE_S
        while worker.alive and time.monotonic() < patience:
            time.sleep(0.05)
        worker.kill()


def _wait_for_steps(run_dir: Path, worker: WorkerProcess) -> None:
    patience = time.monotonic() + _PATIENCE_S
    while Throughput(run_dir).points < 20:
        if not worker.alive or time.monotonic() > patience:
            raise RuntimeError(f"the worker made no steps; exit code {worker.exit_code}")
        time.sleep(0.5)


class Throughput:
    """Reads a run's record for what its training made of the time. Only samples that end a reading of the device
    count: the steps in between are stamped with the reading's time, not their own."""

    def __init__(self, run_dir: Path) -> None:
        documents = Follower(run_dir).poll_all()
        self._samples = [d for d in documents if isinstance(d, Sample) and "tokens_per_s" in d.values]
        self.points = len(self._samples)

    def between(self, begin: float, end: float) -> float:
        """Trained tokens per second of training between two times (seconds since the epoch)."""
        inside = [sample for sample in self._samples if begin <= sample.at <= end]
        first, last = inside[0], inside[-1]
        return (last.tokens - first.tokens) / (last.seconds - first.seconds)


def finished(root: Path, steps: int, seed: int) -> Path:
    """A finished run of `steps` steps, its curves made by formula."""
    what = msgspec.structs.replace(experiment(), name=f"Finished {seed}")
    run_dir = folder.create(root, what)
    with EventLog(run_dir) as log:
        log.append([_started(what, steps), *(_sample(step, seed) for step in range(1, steps + 1))])
        log.append([RunEnded(status="done", step=steps)])
    return run_dir


def _sample(step: int, seed: int) -> AnyDocument:
    wave = 0.05 * math.sin(step * (1.3 + seed)) * math.cos(step * 0.37)
    values: dict[str, float | None] = {
        "train_loss": 2.2 + 0.05 * seed + 2 / (1 + step / 300) + wave,
        "learning_rate": 1e-3,
    }
    if step % 3 == 0:
        values |= {"tokens_per_s": 30_000 * (1 + wave), "rss_bytes": 5e8 + 1e5 * seed}
    if step % 50 == 0:
        values["val_loss"] = 2.3 + 0.05 * seed + 2 / (1 + step / 300)
    return Sample(step=step, tokens=step * 768, seconds=step * 0.025, values=values)


def _started(what: Experiment, steps: int) -> AnyDocument:
    return RunStarted(
        format=1,
        experiment=encode(what),
        experiment_hash=experiment_hash(what),
        seed=what.training.seed,
        versions={},
        device="cpu",
        device_name="",
        threads=1,
        technique_order=(),
        parameters=800_000,
        vocab_size=100,
        steps=steps,
        tokens_per_step=what.tokens_per_step,
        training_tokens=10**6,
        pid=0,
        pid_started=0.0,
    )
