"""What is pruned is what matters least, it stays pruned, and the schedule is the one of the paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from gpulab.engine.batches import TrainingBatches
from gpulab.engine.loop import training_steps
from gpulab.engine.model_file import load_model
from gpulab.hardware.machine import Machine
from gpulab.spec.problem import BadInput, Problem
from gpulab.techniques import BY_NAME, fit
from gpulab.techniques.pruning import Pruning, PruningSettings, smallest, two_of_four
from gpulab.techniques.removal import Removal, apply
from tests.engine.support import built, ended, run, tiny


def problems(folder: Path, technique: str, training: dict[str, int] | None = None, **settings: Any) -> list[Problem]:
    experiment = tiny(folder, {technique: settings}, **(training or {}))
    return list(BY_NAME[technique].rules(experiment.techniques[technique], experiment))


def test_the_smallest_weights_of_the_whole_model_go(tmp_path: Path) -> None:
    model = built(tiny(tmp_path))[0].model
    masks = smallest(model, 0.7)
    kept = torch.cat([model.get_parameter(name).abs()[mask == 1] for name, mask in masks.items()])
    gone = torch.cat([model.get_parameter(name).abs()[mask == 0] for name, mask in masks.items()])
    assert gone.max() <= kept.min()
    assert len(gone) / (len(gone) + len(kept)) == pytest.approx(0.7, abs=1e-4)


def test_two_of_every_four_go_and_they_are_the_smallest(tmp_path: Path) -> None:
    model = built(tiny(tmp_path))[0].model
    for name, mask in two_of_four(model, 1.0).items():
        weight = model.get_parameter(name).detach()
        for four, kept in zip(weight.reshape(-1, 4), mask.reshape(-1, 4), strict=True):
            assert kept.sum() == 2
            assert four.abs()[kept == 0].max() <= four.abs()[kept == 1].min()


def test_half_the_fours_are_pruned_half_way_and_those_lose_least(tmp_path: Path) -> None:
    model = built(tiny(tmp_path))[0].model
    masks = two_of_four(model, 0.5)
    cost, done = [], []
    for name, mask in masks.items():
        cost.append(model.get_parameter(name).detach().abs().reshape(-1, 4).sort(-1).values[:, :2].sum(-1))
        done.append(mask.reshape(-1, 4).sum(-1) == 2)
    costs, pruned = torch.cat(cost), torch.cat(done)
    assert pruned.float().mean() == pytest.approx(0.5, abs=0.01)
    assert costs[pruned].max() <= costs[~pruned].min()


def test_rows_that_are_no_multiple_of_four_keep_their_rest() -> None:
    layer = torch.nn.Sequential(torch.nn.Linear(10, 3, bias=False))
    mask = two_of_four(layer, 1.0)["0.weight"]
    assert mask.sum(1).tolist() == [6.0, 6.0, 6.0]
    assert mask[:, 8:].all()


def test_the_share_follows_the_cubic_schedule() -> None:
    gradual = Pruning(PruningSettings(when="gradual", begin=0.2, end=0.8))
    shares = [gradual.share_at(step, 100) for step in (0, 20, 50, 80, 100)]
    assert shares == pytest.approx([0.0, 0.0, 1 - 0.5**3, 1.0, 1.0])
    retrain = Pruning(PruningSettings(when="retrain", retraining_steps=30))
    assert [retrain.share_at(step, 100) for step in (0, 69, 70, 100)] == [0.0, 0.0, 1.0, 1.0]


@pytest.mark.parametrize("settings", [{"when": "gradual"}, {"when": "retrain", "retraining_steps": 4}], ids=str)
def test_pruned_weights_stay_zero_whatever_the_optimizer_remembers(tmp_path: Path, settings: dict[str, Any]) -> None:
    experiment = tiny(tmp_path, {"pruning": {"amount": 0.8, **settings}}, learning_rate=0.05)
    state, pipeline, text = built(experiment)
    technique = pipeline.techniques[0]
    assert isinstance(technique, Removal)
    zeros = []
    for _ in training_steps(state, pipeline, TrainingBatches(text.train, 4, 16, state.seed, state.device)):
        weights = torch.cat([state.model.get_parameter(f"blocks.{i}.mlp.expand.weight").flatten() for i in range(2)])
        zeros.append(float((weights == 0).float().mean()))
        for name, mask in technique.masks.items():
            assert not state.model.get_parameter(name)[mask == 0].any()
    assert zeros[0] == 0.0
    assert zeros[-1] > 0.5
    assert zeros == sorted(zeros)


def test_a_gradually_pruned_model_is_written_with_its_zeros(tmp_path: Path) -> None:
    documents = run(tmp_path / "run", tiny(tmp_path, {"pruning": {"amount": 0.75, "when": "gradual"}}))
    summary = ended(documents).summary
    assert summary["zero_share"] == pytest.approx(0.75, abs=0.01)
    assert "compressed" not in summary
    model = load_model(tmp_path / "run" / "model.safetensors")
    weights = torch.cat([p.flatten() for name, p in model.named_parameters() if "mlp" in name or "attention." in name])
    assert float((weights == 0).float().mean()) == pytest.approx(0.75, abs=0.01)


def test_zeroing_twice_changes_nothing(tmp_path: Path) -> None:
    model = built(tiny(tmp_path))[0].model
    masks = smallest(model, 0.4)
    apply(model, masks)
    assert all(torch.equal(mask, masks[name]) for name, mask in smallest(model, 0.4).items())


def test_bad_settings_are_told_with_their_field(tmp_path: Path) -> None:
    def keys(training: dict[str, int] | None = None, **settings: Any) -> list[tuple[str, str]]:
        return [(found.key, found.field) for found in problems(tmp_path, "pruning", training, **settings)]

    assert keys(when="gradual", begin=0.5, end=0.5) == [("pruning_window", "techniques.pruning.end")]
    assert keys(when="retrain") == [("retraining_too_long", "techniques.pruning.retraining_steps")]
    assert keys({"steps": 0}, when="gradual") == [("pruning_needs_steps", "techniques.pruning.when")]
    assert keys(pattern="2:4", amount=0.6) == [("semi_sparse_is_half", "techniques.pruning.amount")]
    assert keys(when="retrain", retraining_steps=11) == []
    kernels = [key for key, _ in keys(kernels="sparse")]
    assert kernels == ["sparse_kernels_need_pattern", "sparse_kernels_width"]  # which is 16


def test_sparse_kernels_need_a_gpu_and_say_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as refused:
        fit(tiny(tmp_path, {"pruning": {"pattern": "2:4", "kernels": "sparse"}}), Machine("p", 4, 2**33))
    assert "needs_compute_capability_none" in [problem.key for problem in refused.value.problems]
