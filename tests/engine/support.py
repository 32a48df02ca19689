"""Tiny real trainings for the engine's tests."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from gpulab.engine.build import build, prepare_text
from gpulab.engine.desk import Desk
from gpulab.engine.pipeline import Pipeline
from gpulab.engine.state import TrainingState
from gpulab.engine.worker import work
from gpulab.events.documents import AnyDocument, RunEnded, RunResumed, Sample
from gpulab.events.log import read_all
from gpulab.spec.decode import decode
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import save
from gpulab.spec.setting import settings_of
from gpulab.techniques import REGISTRY
from gpulab.text.prepared import PreparedText

SENTENCE = "the quick brown fox jumps over the lazy dog while seven wizards brew a strange and bitter potion"
WORDS = SENTENCE.split()

OPTIMIZERS = next(setting.choices for setting in settings_of(Experiment) if setting.path == "training.optimizer")


def write_text(folder: Path, words: int = 4000) -> Path:
    """A text of seeded word salad, long enough for every split; its spans of 64 bytes hardly repeat."""
    order = torch.randint(len(WORDS), (words,), generator=torch.Generator().manual_seed(0)).tolist()
    lines = [" ".join(WORDS[index] for index in order[start : start + 9]) for start in range(0, words, 9)]
    path = folder / "text.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def tiny(folder: Path, techniques: dict[str, dict[str, Any]] | None = None, **training: Any) -> Experiment:
    """An experiment that trains in a moment: 2 layers of width 16, 12 steps."""
    path = folder / "text.txt"
    return decode(
        {
            "name": "tiny",
            "model": {"n_layer": 2, "n_head": 2, "n_embd": 16, "context_length": 16},
            "data": {"path": str(path if path.exists() else write_text(folder))},
            "training": {"steps": 12, "batch_size": 4, "eval_interval": 6, "checkpoint_interval": 6, **training},
            "techniques": techniques or {},
            "evaluation": {"windows": 8, "sample_length": 5},
            "device": "cpu",
            "threads": 1,
        },
        REGISTRY,
    )


def built(experiment: Experiment) -> tuple[TrainingState, Pipeline, PreparedText]:
    """The experiment's untrained model with its techniques and text; its documents go nowhere."""
    text = prepare_text(experiment)
    state, pipeline = build(experiment, text.tokenizer.vocab_size, torch.device("cpu"), lambda document: None)
    state.training_tokens = text.train
    return state, pipeline, text


def run(run_dir: Path, experiment: Experiment | None = None, resume: bool = False) -> list[AnyDocument]:
    """Trains in `run_dir`, as the worker does, and returns every document of the run."""
    run_dir.mkdir(exist_ok=True)
    if experiment:
        save(experiment, run_dir / "experiment.toml")
    work(run_dir, Desk(run_dir), resume)
    return read_all(run_dir)


def losses(documents: list[AnyDocument]) -> dict[int, float | None]:
    """The training loss of each step; a later sample of a step replaces an earlier one."""
    samples = [document for document in documents if isinstance(document, Sample)]
    return {sample.step: sample.values["train_loss"] for sample in samples if "train_loss" in sample.values}


def ended(documents: list[AnyDocument]) -> RunEnded:
    """The document that closed the run."""
    last = documents[-1]
    assert isinstance(last, RunEnded), last
    return last


_DETERMINISTIC = ("test_loss", "test_bits_per_byte", "val_loss", "best_val_loss", "model_bytes")


def assert_resumes_exactly(folder: Path, experiment: Experiment) -> None:
    """A `tiny` one, cut off after its checkpoint at step 6 as a kill would leave it, ends as if it never had been."""
    whole, half = folder / "whole", folder / "half"
    documents = run(whole, experiment)
    assert ended(documents).status == "done", ended(documents)
    shutil.copytree(whole, half)
    shutil.rmtree(half / "checkpoints/step-00000012")
    again = run(half, resume=True)
    resumed = next(index for index, document in enumerate(again) if isinstance(document, RunResumed))
    assert losses(again[resumed:]) == {step: loss for step, loss in losses(documents).items() if step > 6}
    first, second = (load_file(each / "model.safetensors") for each in (whole, half))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert [ended(again).summary[key] for key in _DETERMINISTIC] == [
        ended(documents).summary[key] for key in _DETERMINISTIC
    ]
