"""Early stopping ends when it should and no sooner, resumes exactly, and judges the weights of the best look."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from gpulab.engine.pipeline import Pipeline
from gpulab.engine.state import TrainingState
from gpulab.events.documents import AnyDocument, Notice, RunResumed, Sample
from gpulab.hardware.machine import Machine
from gpulab.spec.estimates import estimate
from gpulab.spec.problem import BadInput
from gpulab.techniques import fit, plan_of
from gpulab.words import sentence
from tests.engine.support import built, ended, losses, run, tiny

# So high a rate makes the validation loss rise after a few looks.
WILD: dict[str, Any] = {"steps": 60, "learning_rate": 0.5, "eval_interval": 2, "checkpoint_interval": 4}


def _looks(documents: list[AnyDocument]) -> dict[int, float]:
    found = {d.step: d.values["val_loss"] for d in documents if isinstance(d, Sample) and "val_loss" in d.values}
    return {step: loss for step, loss in found.items() if loss is not None}


def _notices(documents: list[AnyDocument], key: str) -> list[Notice]:
    return [document for document in documents if isinstance(document, Notice) and document.key == key]


def _shown(pipeline: Pipeline, state: TrainingState, losses_seen: list[float]) -> list[bool]:
    """Whether the training had ended after each of the looks."""
    over = []
    for loss in losses_seen:
        state.step += 1
        for hook in pipeline.after_validation:
            hook(loss, state)
        over.append(state.ended_early)
    return over


@pytest.mark.parametrize(
    ("settings", "seen", "over"),
    [
        ({"patience": 1}, [3.0, 2.0, 2.0], [False, False, True]),
        ({"patience": 2}, [3.0, 4.0, 2.0, 2.5, 2.1], [False, False, False, False, True]),
        ({"patience": 2, "tolerance": 0.5}, [3.0, 2.6, 2.4, 2.0, 1.95], [False, False, False, False, True]),
        ({"patience": 2, "tolerance": 0.5}, [3.0, 2.9, 2.8], [False, False, True]),
        ({"patience": 50}, [3.0] * 8, [False] * 8),
    ],
)
def test_it_ends_after_so_many_looks_without_anything_better(
    tmp_path: Path, settings: dict[str, Any], seen: list[float], over: list[bool]
) -> None:
    state, pipeline, _ = built(tiny(tmp_path, {"early_stopping": settings}))
    assert _shown(pipeline, state, seen) == over


@pytest.mark.parametrize("with_ema", [False, True])
def test_the_result_is_that_of_the_best_look(tmp_path: Path, with_ema: bool) -> None:
    techniques: dict[str, dict[str, Any]] = {"early_stopping": {"patience": 3}, **({"ema": {}} if with_ema else {})}
    documents = run(tmp_path / "run", tiny(tmp_path, techniques, **WILD))
    end, looks = ended(documents), _looks(documents)
    best = min(looks, key=lambda step: (looks[step], step))
    assert (end.status, end.step) == ("done", best + 3 * 2)
    assert end.step < WILD["steps"]
    assert max(looks) == end.step == end.summary["steps"] == end.summary["ended_early_at"]
    assert end.summary["best_step"] == best
    assert end.summary["val_loss"] == looks[best] != looks[end.step]
    [notice] = _notices(documents, "ended_early")
    assert notice.arguments == {"step": end.step, "looks": 3, "best_step": best}
    assert f"step {end.step}" in sentence(notice.key, notice.arguments)
    assert [judged.arguments for judged in _notices(documents, "best_weights_judged")] == [{"best_step": best}]


def test_the_last_weights_are_judged_where_that_is_wanted(tmp_path: Path) -> None:
    experiment = tiny(tmp_path, {"early_stopping": {"patience": 3, "restore_best": False}}, **WILD)
    documents = run(tmp_path / "run", experiment)
    end, looks = ended(documents), _looks(documents)
    assert end.summary["val_loss"] == looks[end.step] != min(looks.values())
    assert not _notices(documents, "best_weights_judged")


@pytest.mark.parametrize("interval", [4, 5])
@pytest.mark.parametrize("with_ema", [False, True])
def test_it_resumes_exactly_while_it_waits(tmp_path: Path, interval: int, with_ema: bool) -> None:
    """Cut off after the last checkpoint but one, where the best weights are known and looks have been counted."""
    techniques: dict[str, dict[str, Any]] = {"early_stopping": {"patience": 4}, **({"ema": {}} if with_ema else {})}
    experiment = tiny(tmp_path, techniques, **{**WILD, "checkpoint_interval": interval})
    whole = run(tmp_path / "whole", experiment)
    half = tmp_path / "half"
    run(half, experiment)
    earlier, last = sorted((half / "checkpoints").iterdir())
    shutil.rmtree(last)
    kept = int(earlier.name.removeprefix("step-"))
    assert kept > ended(whole).summary["best_step"]
    again = run(half, resume=True)
    resumed = next(index for index, document in enumerate(again) if isinstance(document, RunResumed))
    assert losses(again[resumed:]) == {step: loss for step, loss in losses(whole).items() if step > kept}
    assert ended(again).step == ended(whole).step < WILD["steps"]
    for key in ("val_loss", "test_loss", "best_step", "ended_early_at"):
        assert ended(again).summary[key] == ended(whole).summary[key]
    first, second = (load_file(folder / "model.safetensors") for folder in (tmp_path / "whole", half))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_run_that_ended_early_is_judged_alike_after_a_kill(tmp_path: Path) -> None:
    """The last checkpoint knows that the training is over, and which weights to judge."""
    experiment = tiny(tmp_path, {"early_stopping": {"patience": 3}}, **WILD)
    first = ended(run(tmp_path / "run", experiment))
    again = ended(run(tmp_path / "run", resume=True))
    assert (again.step, again.summary["val_loss"]) == (first.step, first.summary["val_loss"])


def test_more_patience_than_looks_trains_to_the_end(tmp_path: Path) -> None:
    documents = run(tmp_path / "run", tiny(tmp_path, {"early_stopping": {"patience": 1000}}))
    assert ended(documents).step == 12
    assert ended(documents).summary["ended_early_at"] is None
    assert losses(documents) == losses(run(tmp_path / "plain", tiny(tmp_path)))


def test_a_training_of_no_steps_is_judged_as_it_is(tmp_path: Path) -> None:
    techniques: dict[str, dict[str, Any]] = {"early_stopping": {"patience": 1}, "ema": {}}
    with_it = ended(run(tmp_path / "run", tiny(tmp_path, techniques, steps=0)))
    plain = ended(run(tmp_path / "plain", tiny(tmp_path, steps=0)))
    assert with_it.summary["test_loss"] == plain.summary["test_loss"]
    assert with_it.summary["ended_early_at"] is None


@pytest.mark.parametrize(
    "other", [{"pruning": {"when": "gradual"}}, {"quantization": {"aware": True}}], ids=["pruning", "quantization"]
)
def test_what_makes_the_loss_rise_on_purpose_is_refused(tmp_path: Path, other: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="loss_rises_on_purpose"):
        fit(tiny(tmp_path, {"early_stopping": {}, **other}), Machine("p", 4, 2**33))
    assert fit(tiny(tmp_path, {"early_stopping": {}, "pruning": {}}), Machine("p", 4, 2**33))


def test_copies_of_the_weights_are_promised_and_counted(tmp_path: Path) -> None:
    both: dict[str, dict[str, Any]] = {"early_stopping": {}, "ema": {}}
    last_judged: dict[str, dict[str, Any]] = {"early_stopping": {"restore_best": False}}
    peaks, promised = [], []
    for number, techniques in enumerate(({}, last_judged, both)):
        experiment = tiny(tmp_path, techniques)
        summary = ended(run(tmp_path / str(number), experiment)).summary
        peaks.append(summary["tensor_peak_bytes"])
        promised.append(estimate(plan_of(experiment, 30), "adamw").peak_bytes)
    copies = 2 * 4 * summary["parameters"]
    assert peaks == [peaks[0], peaks[0], peaks[0] + copies]
    assert promised[:2] == [promised[0]] * 2
    assert promised[2] - promised[0] == pytest.approx(copies, rel=0.1)
