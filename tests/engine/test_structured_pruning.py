"""Neurons, heads and layers: held at zero they are as good as gone; cut out, the model is the same and smaller."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch

from gpulab.engine.model import GPT, next_token_loss
from gpulab.engine.model_file import load_model, save_model
from gpulab.engine.result import compressed_copy
from gpulab.engine.size import forward_peak_bytes, parameter_count
from gpulab.engine.state import TrainingState
from gpulab.spec.decode import decode, encode
from gpulab.spec.experiment import Experiment
from gpulab.techniques import BY_NAME, REGISTRY
from gpulab.techniques.layer_pruning import similarities
from gpulab.techniques.removal import Removal, apply
from tests.engine.support import built, ended, run, tiny

TOKENS = torch.arange(48).view(3, 16) % 20
GATED = {"activation": {"kind": "geglu"}}
GROUPED = {"grouped_query_attention": {"kv_heads": 2}}
MULTI_QUERY = {"grouped_query_attention": {"kv_heads": 1}}

CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("neuron_pruning", {"multiple": 4}, {}),
    ("neuron_pruning", {"multiple": 1, "amount": 0.3, "importance": "taylor"}, GATED),
    ("head_pruning", {}, {}),
    ("head_pruning", {"importance": "taylor"}, GROUPED),
    ("head_pruning", {"amount": 0.75}, MULTI_QUERY),
    ("layer_pruning", {"layers": 2}, {}),
    ("layer_pruning", {"which": "even", "layers": 2}, {}),
]


def experiment_of(folder: Path, techniques: dict[str, Any]) -> Experiment:
    plain = encode(tiny(folder, techniques))
    return decode({**plain, "model": {**plain["model"], "n_layer": 4, "n_head": 4, "bias": True}}, REGISTRY)


def scrambled(state: TrainingState) -> GPT:
    """The model with weights that are nowhere zero, biases included, and large enough to matter."""
    chance = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in state.model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=chance) * 0.2)
    return state.model.eval()


@pytest.mark.parametrize(("name", "settings", "others"), CASES, ids=str)
def test_zeroed_and_cut_out_are_the_same_model(
    tmp_path: Path, name: str, settings: dict[str, Any], others: dict[str, Any]
) -> None:
    state, pipeline, _ = built(experiment_of(tmp_path, {name: settings, **others}))
    whole = scrambled(state)
    technique = next(member for member in pipeline.techniques if isinstance(member, Removal))
    cut = compressed_copy(state, pipeline)
    assert cut is not None
    apply(whole, technique.choose(whole, 1.0, state))
    smaller = cut.eval()(TOKENS)
    torch.testing.assert_close(smaller, whole(TOKENS), rtol=1e-5, atol=1e-5)
    assert parameter_count(cut) < parameter_count(whole)
    save_model(cut, tmp_path / "cut.safetensors")
    again = load_model(tmp_path / "cut.safetensors")
    assert torch.equal(again(TOKENS), smaller)
    assert again.plan == cut.plan


def test_the_shares_are_what_was_asked_for(tmp_path: Path) -> None:
    techniques = {
        "neuron_pruning": {"amount": 0.5, "multiple": 8},
        "head_pruning": {"amount": 0.5},
        "layer_pruning": {"layers": 1, "which": "first"},
    }
    state, pipeline, _ = built(experiment_of(tmp_path, techniques))
    scrambled(state)
    cut = compressed_copy(state, pipeline)
    assert isinstance(cut, GPT)
    assert cut.plan.n_layer == 3
    assert (cut.plan.hidden_widths, cut.plan.head_counts, cut.plan.kv_head_counts) == ((32,) * 3, (2,) * 3, (2,) * 3)
    first, second = cut.get_parameter("blocks.0.mlp_norm.weight"), state.model.get_parameter("blocks.1.mlp_norm.weight")
    assert torch.equal(first, second)


def test_neurons_of_small_weights_go_first(tmp_path: Path) -> None:
    state, pipeline, _ = built(experiment_of(tmp_path, {"neuron_pruning": {"multiple": 1, "amount": 0.25}}))
    technique = pipeline.techniques[0]
    assert isinstance(technique, Removal)
    model = scrambled(state)
    masks = technique.choose(model, 1.0, state)
    blocks: Any = model.blocks
    for index, block in enumerate(blocks):
        size = block.mlp.expand.weight.square().sum(1) + block.mlp.projection.weight.square().sum(0)
        smallest = set(size.argsort()[:16].tolist())
        gone = (masks[f"blocks.{index}.mlp.projection.weight"][0] == 0).nonzero().flatten()
        assert set(gone.tolist()) == smallest


def test_the_taylor_score_of_a_head_is_the_gradient_of_a_switch_before_it(tmp_path: Path) -> None:
    state, pipeline, _ = built(experiment_of(tmp_path, {"head_pruning": {"amount": 0.25, "importance": "taylor"}}))
    technique = pipeline.techniques[0]
    assert isinstance(technique, Removal)
    model = scrambled(state)
    switches = torch.ones(4, 4, requires_grad=True)
    blocks: Any = model.blocks
    for index, block in enumerate(blocks):

        def switch(layer: torch.nn.Module, inputs: tuple[torch.Tensor], index: int = index) -> torch.Tensor:
            return inputs[0] * switches[index].repeat_interleave(4)

        block.attention.projection.register_forward_pre_hook(switch)
    inputs, targets = state.training_windows()
    next_token_loss(model(inputs), targets).backward()  # type: ignore[no-untyped-call]
    for block in blocks:
        block.attention.projection._forward_pre_hooks.clear()
    masks = technique.choose(model, 1.0, state)
    assert switches.grad is not None
    for index in range(4):
        gone = (masks[f"blocks.{index}.attention.projection.weight"][0] == 0).nonzero().flatten()
        assert set((gone // 4).tolist()) == {int(switches.grad[index].abs().argmin())}


def test_choosing_leaves_the_model_as_it_is(tmp_path: Path) -> None:
    for name, settings, others in CASES:
        state, pipeline, _ = built(experiment_of(tmp_path, {name: settings, **others}))
        technique = next(member for member in pipeline.techniques if isinstance(member, Removal))
        state.model.train()
        before = {part: value.clone() for part, value in state.model.state_dict().items()}
        chance = torch.get_rng_state()
        technique.choose(state.model, 1.0, state)
        assert state.model.training
        assert all(parameter.grad is None for parameter in state.model.parameters())
        assert all(torch.equal(before[part], value) for part, value in state.model.state_dict().items())
        assert torch.equal(chance, torch.get_rng_state())


def test_the_layer_that_does_nothing_goes_first(tmp_path: Path) -> None:
    state, pipeline, _ = built(experiment_of(tmp_path, {"layer_pruning": {}}))
    model = scrambled(state)
    apply(model, {f"blocks.2.{branch}.projection.weight": torch.zeros(1) for branch in ("attention", "mlp")})
    apply(model, {f"blocks.2.{branch}.projection.bias": torch.zeros(1) for branch in ("attention", "mlp")})
    alike = similarities(model, state.training_windows()[0])
    assert alike[2] == pytest.approx(1.0, abs=1e-5)
    assert max(range(4), key=lambda index: alike[index]) == 2
    cut = compressed_copy(state, pipeline)
    assert cut is not None
    torch.testing.assert_close(cut.eval()(TOKENS), model(TOKENS))


def test_every_other_way_of_naming_layers_takes_those(tmp_path: Path) -> None:
    def gone(**settings: Any) -> list[int]:
        state, pipeline, _ = built(experiment_of(tmp_path, {"layer_pruning": settings}))
        technique = pipeline.techniques[0]
        assert isinstance(technique, Removal)
        return sorted({int(part.split(".")[1]) for part in technique.choose(state.model, 1.0, state)})

    assert gone(which="first", layers=1) == [0]
    assert gone(which="last", layers=2) == [2, 3]
    assert gone(which="even", layers=2) == [1, 3]
    assert gone(which="even", layers=3) == [0, 2, 3]
    assert gone(layers=0) == []


def test_a_smaller_model_takes_less_memory_to_run(tmp_path: Path) -> None:
    state, pipeline, _ = built(experiment_of(tmp_path, {"neuron_pruning": {"amount": 0.75}}))
    cut = compressed_copy(state, pipeline)
    assert cut is not None
    whole, less = (forward_peak_bytes(model, TOKENS, nullcontext) for model in (state.model, cut))
    assert 0 < less < whole


def test_a_run_ends_with_the_smaller_model_beside_the_trained_one(tmp_path: Path) -> None:
    techniques = {"neuron_pruning": {"when": "retrain", "retraining_steps": 6}, "quantization": {}}
    summary = ended(run(tmp_path / "run", tiny(tmp_path, techniques))).summary
    compressed = summary["compressed"]
    assert compressed["parameters"] < summary["parameters"]
    assert compressed["model_bytes"] < summary["model_bytes"]
    assert compressed["weight_bytes"] < summary["weight_bytes"]
    assert compressed["forward_tokens_per_s"] > 0
    assert load_model(tmp_path / "run" / "compressed.safetensors").plan.hidden_widths == (32, 32)
    # It was cut out of a model that had lost those neurons already: only rounding is new.
    assert compressed["val_loss"] == pytest.approx(summary["val_loss"], abs=0.01)


@pytest.mark.parametrize(
    ("name", "settings", "others", "found"),
    [
        ("neuron_pruning", {"multiple": 64}, {}, ["neuron_pruning_removes_none"]),
        ("neuron_pruning", {"multiple": 64, "amount": 0.0}, {}, []),
        ("head_pruning", {"amount": 0.2}, {}, ["head_pruning_removes_none"]),
        ("head_pruning", {"amount": 0.2}, MULTI_QUERY, ["head_pruning_removes_none"]),
        ("head_pruning", {}, {"grouped_query_attention": {"kv_heads": 3}}, []),  # refused, but not by this rule
        ("layer_pruning", {"layers": 2}, {}, ["layer_pruning_leaves_none"]),
        (
            "layer_pruning",
            {"when": "retrain", "retraining_steps": 3},
            {"normalization": {"placement": "post"}},
            ["layer_pruning_after_post_norm"],
        ),
    ],
)
def test_what_cannot_be_removed_is_told(
    tmp_path: Path, name: str, settings: dict[str, Any], others: dict[str, Any], found: list[str]
) -> None:
    experiment = tiny(tmp_path, {name: settings, **others})
    assert [problem.key for problem in BY_NAME[name].rules(experiment.techniques[name], experiment)] == found
