"""Comparisons and runs with records made by hand in a moment, so that every figure in a report is known beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from gpulab.comparisons import folder as comparisons
from gpulab.events.documents import (
    AnyDocument,
    ArmRun,
    ComparisonStarted,
    Looked,
    RunEnded,
    RunStarted,
    Sample,
    TextGenerated,
)
from gpulab.events.log import EventLog
from gpulab.runs import folder as runs
from gpulab.spec.comparison import Arm, Comparison, Question, Rules
from gpulab.spec.decode import decode, encode
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import experiment_hash
from gpulab.spec.presets import experiment_from
from gpulab.techniques import REGISTRY

BEGAN = 1_763_900_000.0  # 2025-11-23 12:13:20 UTC
STEPS = (0, 10, 20, 30)


def experiment(name: str = "Mine", techniques: Mapping[str, Any] | None = None, seed: int = 1) -> Experiment:
    """The nano preset with other techniques."""
    table = encode(experiment_from("nano"))
    table["name"], table["techniques"], table["training"]["seed"] = name, dict(techniques or {}), seed
    return decode(table, REGISTRY)


def started(of: Experiment, at: float = BEGAN) -> RunStarted:
    """How a run of it began."""
    return RunStarted(
        at=at,
        format=1,
        experiment=encode(of),
        experiment_hash=experiment_hash(of),
        seed=of.training.seed,
        versions={"torch": "2.99"},
        device="cpu",
        device_name="Old processor",
        threads=2,
        technique_order=tuple(of.techniques),
        parameters=1000,
        vocab_size=65,
        steps=STEPS[-1],
        tokens_per_step=8,
        training_tokens=10_000,
        pid=0,
        pid_started=0.0,
    )


def summary(bits: float, speed: float = 1000.0, size: int = 4000, **others: Any) -> dict[str, Any]:
    """The figures of a judged run."""
    return {
        "tokens": 240,
        "test_bits_per_byte": bits,
        "test_accuracy": 0.5,
        "test_perplexity": 5.0,
        "tokens_per_s": speed,
        "train_seconds": 3.0,
        "inference_tokens_per_s": speed / 2,
        "peak_memory_bytes": 1_000_000,
        "model_bytes": size,
        "parameters": 1000,
        "slices": {
            "words/common": {"bits_per_byte": bits * 0.9, "bytes": 50_000},
            "words/rare": {"bits_per_byte": bits * 1.2, "bytes": 5_000},
        },
        **others,
    }


def run_in(
    root: Path,
    of: Experiment,
    told: Mapping[str, Any] | None,
    others: Sequence[AnyDocument] = (),
    at: float = BEGAN,
) -> Path:
    """A run whose bits per byte fell to what `told` says; where it is None, one that failed."""
    run_dir = runs.create(root, of)
    bits = told["test_bits_per_byte"] if told else 3.0
    samples = [
        Sample(
            at=at + step,
            step=step,
            tokens=step * 8,
            seconds=step / 10,
            values={"val_bits_per_byte": bits + (STEPS[-1] - step) / 30, "train_loss": 2.0 + 1 / (step + 1)},
        )
        for step in STEPS
    ]
    text = TextGenerated(at=at + 31, step=30, prompt="Once", text=" upon a time")
    end = (
        RunEnded(at=at + 60, status="done", step=30, summary=dict(told))
        if told
        else RunEnded(at=at + 60, status="failed", step=30, reason="crashed", arguments={"error": "it broke"})
    )
    with EventLog(run_dir) as log:
        log.append([started(of, at), *samples, text, *others, end])
    return run_dir


def comparison_in(
    root: Path,
    name: str = "With quantization",
    arm_name: str = "with Quantization",
    seeds: Sequence[int] = (1, 2, 3),
    failed: Sequence[int] = (),
    better: float = 0.98,
    ended: bool = True,
    rules: Rules | None = None,
    more: Sequence[str] = (),
) -> Path:
    """A baseline and a variant that is 2 % better and half as large; the variant's runs with `failed` seeds failed.

    `more` names further variants, which come to the same.
    """
    variants = [Arm("variant", arm_name), *(Arm(f"more{place}", name) for place, name in enumerate(more))]
    question: Question = "variants" if more else "with_without"
    asked = Comparison(name, question, (Arm("baseline", "baseline"), *variants), rules or Rules(most_seeds=4))
    base, variant = experiment(), experiment(techniques={"label_smoothing": {"amount": 0.25}})
    of_arm = {"baseline": base, **{arm.key: variant for arm in variants}}
    folder = comparisons.create(root, asked, of_arm)
    documents: list[AnyDocument] = [
        ComparisonStarted(at=BEGAN, format=1, name=name, versions={"torch": "2.99"}, pid=0, pid_started=0.0)
    ]
    for place, seed in enumerate(seeds):
        noise = 1.0 + 0.0005 * (place % 2)
        for arm, of in of_arm.items():
            told = summary(2.0 * noise) if arm == "baseline" else summary(2.0 * noise * better, size=2000)
            seeded = msgspec.structs.replace(of, training=msgspec.structs.replace(of.training, seed=seed))
            broke = arm == "variant" and seed in failed
            run_dir = run_in(folder / "runs", seeded, None if broke else told, at=BEGAN + 100 * place)
            documents.append(ArmRun(at=BEGAN, arm=arm, seed=seed, run=comparisons.named(folder, run_dir)))
    documents.append(Looked(at=BEGAN, seeds=len(seeds), undecided=()))
    if ended:
        documents.append(
            RunEnded(
                at=BEGAN + 900, status="done", step=0, reason="comparison_decided", arguments={"seeds": len(seeds)}
            )
        )
    with EventLog(folder) as log:
        log.append(documents)
    return folder
