"""A store of many recorded runs, made in seconds: a few dozen real records, each hard-linked into many folders."""

from __future__ import annotations

import math
import os
import random
from collections.abc import Iterator
from pathlib import Path

import msgspec

from gpulab.events.codec import FORMAT, encode
from gpulab.events.documents import (
    AnyDocument,
    ArtifactSaved,
    Notice,
    RunEnded,
    RunStarted,
    Sample,
    SeriesDeclared,
    TextGenerated,
)
from gpulab.events.reader import EVENTS
from gpulab.runs.folder import EXPERIMENT, META, Meta
from gpulab.runs.workers import WORKER, Launched
from gpulab.spec import files as experiment_files
from gpulab.spec.experiment import Experiment
from gpulab.spec.presets import experiment_from

_KINDS = ("pruning", "quantization", "dropout", "ema", "label_smoothing", "layer_pruning")
_BEGAN = 1.78e9
_BATCH = 20_000


def make_store(root: Path, runs: int, records: int = 40, steps: int = 600, longest: int = 0) -> Path:
    """`runs` finished runs below `root`, of `records` different trainings; returns the folder of the longest.

    One run, the newest, has `longest` samples where that is not 0. Takes about a tenth of a millisecond a file.
    """
    root.mkdir(parents=True)
    models = root / ".models"
    for number in range(records):
        make_run(models / str(number), number, steps)
    links = [[path.name for path in (models / str(number)).iterdir() if path.name != META] for number in range(records)]
    for number in range(runs):
        model, folder = (
            models / str(number % records),
            root / f"2026{1000 + number // 1000}-{number:06d}-run-{number:04x}",
        )
        folder.mkdir()
        for name in links[number % records]:
            os.link(model / name, folder / name)
        (folder / META).write_bytes(msgspec.json.encode(Meta(number)))
    longest_dir = root / "20269999-000000-longest-ffff"
    if longest:
        make_run(longest_dir, records, longest)
    return longest_dir


def make_run(folder: Path, number: int, steps: int) -> Path:
    """A finished run of `steps` steps with everything its folder has, weights excepted."""
    folder.mkdir(parents=True)
    experiment = msgspec.structs.replace(experiment_from("mini"), name=f"Recorded {number}")
    experiment_files.save(experiment, folder / EXPERIMENT)
    (folder / META).write_bytes(msgspec.json.encode(Meta(number)))
    (folder / WORKER).write_bytes(msgspec.json.encode(Launched(1, _BEGAN, birth="another boot 1")))
    for name in ("lock", ".start.lock", "worker.log"):
        (folder / name).touch()
    with (folder / EVENTS).open("wb") as file:
        file.writelines(map(encode, documents(experiment, number, steps)))
    return folder


def documents(experiment: Experiment, number: int, steps: int) -> Iterator[AnyDocument]:
    """What such a training says, with losses that fall and scatter."""
    chance, at = random.Random(number), _BEGAN + number * 1000
    yield _started(experiment, number, steps, at)
    for key in (
        "train_loss",
        "val_loss",
        "val_bits_per_byte",
        "learning_rate",
        "grad_norm",
        "tokens_per_s",
        "rss_bytes",
    ):
        yield SeriesDeclared(at=at, key=key, label=key, unit="", better="lower")
    yield Notice(at=at, key="judging")
    looks = max(50, steps // 2000)
    for step in range(1, steps + 1):
        loss = 1.5 + 2.5 / math.sqrt(1 + step / 50)
        values: dict[str, float | None] = {
            "train_loss": loss + chance.gauss(0.0, 0.08),
            "learning_rate": 1e-3 * (1 - step / (steps + 1)),
            "grad_norm": 0.4 + chance.random(),
        }
        if step % 10 == 0:
            values |= {"tokens_per_s": 30_000 + chance.gauss(0, 500), "rss_bytes": 4.4e8 + step}
        yield Sample(at=at + step * 0.02, step=step, tokens=step * 768, seconds=step * 0.02, values=values)
        if step % looks == 0:
            values = {"val_loss": loss + 0.1, "val_bits_per_byte": (loss + 0.1) / math.log(2)}
            yield Sample(at=at + step * 0.02, step=step, tokens=step * 768, seconds=step * 0.02, values=values)
            yield TextGenerated(at=at + step * 0.02, step=step, prompt="\n", text="And so it came, my lord. " * 5)
    end = at + steps * 0.02
    yield ArtifactSaved(at=end, kind="checkpoint", path=f"checkpoints/{steps}", step=steps, bytes=9_700_000)
    yield ArtifactSaved(at=end, kind="model", path="model.safetensors", step=steps, bytes=3_230_384)
    yield RunEnded(at=end, status="done", step=steps, summary=_summary(steps, loss + 0.1))


def _started(experiment: Experiment, number: int, steps: int, at: float) -> RunStarted:
    techniques = tuple(_KINDS[: number % 4])
    return RunStarted(
        at=at,
        format=FORMAT,
        experiment={
            **msgspec.json.decode(experiment_files.as_json(experiment)),
            "techniques": {name: {} for name in techniques},
        },
        experiment_hash=f"{number:064x}",
        seed=1337 + number,
        versions={"gpulab": "0", "python": "3.11", "torch": "2.13", "numpy": "2"},
        device="cpu",
        device_name="A processor with two cores",
        threads=2,
        technique_order=techniques,
        parameters=806_272,
        vocab_size=65,
        steps=steps,
        tokens_per_step=768,
        training_tokens=892_000,
        pid=1,
        pid_started=at,
    )


def _summary(steps: int, loss: float) -> dict[str, object]:
    judged = {
        "val_loss": loss,
        "val_bits_per_byte": loss / math.log(2),
        "test_loss": loss + 0.02,
        "test_bits_per_byte": (loss + 0.02) / math.log(2),
        "test_perplexity": math.exp(loss + 0.02),
        "test_accuracy": 0.37,
        "inference_tokens_per_s": 193.0,
        "zero_share": 0.0,
        "model_bytes": 3_230_384,
    }
    trained = {
        "steps": steps,
        "tokens": steps * 768,
        "parameters": 806_272,
        "best_val_loss": loss,
        "best_step": steps,
        "tokens_per_s": 30_000.0,
        "train_seconds": steps * 0.02,
        "peak_memory_bytes": 446_201_856,
        "tensor_peak_bytes": 39_221_456,
    }
    return {**trained, **judged, "compressed": judged}
