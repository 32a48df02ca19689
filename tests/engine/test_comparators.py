"""An LSTM and a causal CNN: as large as the GPT, blind to what comes later, and promised as they turn out."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from gpulab.engine.build import build
from gpulab.engine.layers.cache import Cache
from gpulab.engine.layers.comparators import ConvolutionBlock
from gpulab.engine.model import GPT, next_token_loss
from gpulab.engine.model_file import load_model, save_model
from gpulab.engine.probes.memory import SavedTensors
from gpulab.events.documents import Notice, RunStarted
from gpulab.hardware.machine import Machine
from gpulab.spec.activations import activations_bytes
from gpulab.spec.comparators import comparator_widths, dilation
from gpulab.spec.estimates import count_parameters, flops_per_token
from gpulab.spec.parameters import parameter_shapes
from gpulab.spec.plan import Plan, reference_plan
from gpulab.spec.presets import PRESETS, experiment_from
from gpulab.techniques import plan_of, problems
from tests.engine.plans import TINY, built_from, plans, tokens_for
from tests.engine.support import ended, losses, run, tiny

Kind = Literal["lstm", "cnn"]
KINDS: tuple[Kind, ...] = ("lstm", "cnn")


def _as(plan: Plan, kind: Kind, **others: Any) -> Plan:
    return msgspec.structs.replace(plan, architecture=kind, **others)


@settings(max_examples=100)
@given(plans(pruned=False), st.sampled_from(KINDS))
def test_promised_parameters_are_the_models_own_name_by_name(plan: Plan, kind: Kind) -> None:
    plan = _as(plan, kind)
    with torch.device("meta"):
        model = GPT(plan)
    assert parameter_shapes(plan) == {name: tuple(value.shape) for name, value in model.named_parameters()}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(
    "options", [{}, {"bias": True, "tied": False}, {"normalization": "none", "shared_layers": 2}], ids=str
)
def test_every_preset_has_a_comparator_of_its_size(preset: str, kind: Kind, options: dict[str, Any]) -> None:
    plan = msgspec.structs.replace(reference_plan(experiment_from(preset), 92), **options)
    assert count_parameters(_as(plan, kind)) == pytest.approx(count_parameters(plan), rel=0.01)


@settings(max_examples=60)
@given(plans(pruned=False), st.sampled_from(KINDS))
def test_no_other_widths_would_come_closer(plan: Plan, kind: Kind) -> None:
    wanted, plan = count_parameters(plan), _as(plan, kind)
    widths = comparator_widths(plan)
    assert max(widths) - min(widths) <= 1
    step = abs(count_parameters(plan) - wanted)
    if min(widths) > 1:
        one_more = 2 * max(widths) * (8 if kind == "lstm" else 1) + 17 * plan.n_embd + 20
        assert step <= one_more


@settings(max_examples=30)
@given(plans(pruned=False), st.sampled_from(KINDS), st.data())
def test_no_position_sees_a_later_one(plan: Plan, kind: Kind, data: st.DataObject) -> None:
    plan = _as(plan, kind)
    model, tokens = built_from(plan), tokens_for(plan)
    cut = data.draw(st.integers(1, plan.context_length))
    changed = tokens.clone()
    changed[:, cut:] = (changed[:, cut:] + 1) % plan.vocab_size
    torch.testing.assert_close(model(tokens)[:, :cut], model(changed)[:, :cut], rtol=1e-4, atol=1e-5)
    if plan.vocab_size > 1 and cut < plan.context_length:
        assert not torch.equal(model(tokens)[:, cut:], model(changed)[:, cut:])


@pytest.mark.parametrize(("block", "distance"), [(0, 1), (1, 3), (2, 9)])
def test_the_product_over_positions_side_by_side_is_a_dilated_causal_convolution(block: int, distance: int) -> None:
    plan = _as(TINY, "cnn", n_layer=3, context_length=20, bias=True)
    layer = ConvolutionBlock(plan, block)
    x = torch.randn(2, 20, 8)
    kernel = layer.taps.weight.view(-1, 3, 8).transpose(1, 2)
    whole = F.conv1d(F.pad(x.transpose(1, 2), (2 * distance, 0)), kernel, layer.taps.bias, dilation=distance)
    torch.testing.assert_close(layer.mix(x), F.glu(whole.transpose(1, 2), dim=-1))


def test_dilations_miss_no_position_and_stay_within_the_context() -> None:
    plan = _as(TINY, "cnn", n_layer=5, context_length=20)
    assert [dilation(plan, block) for block in range(5)] == [1, 3, 9, 1, 3]
    seen = {0}
    for distance in (1, 3, 9):
        seen = {place - distance * tap for place in seen for tap in range(3)}
    assert seen == set(range(-26, 1))


def test_an_lstm_begins_by_remembering() -> None:
    plan = _as(TINY, "lstm")
    values = dict(built_from(plan).named_parameters())
    hidden = comparator_widths(plan)[0]
    gates = values["blocks.0.lstm.bias_ih_l0"] + values["blocks.0.lstm.bias_hh_l0"]
    assert gates.view(4, hidden).sum(dim=1).tolist() == [0.0, hidden, 0.0, 0.0]
    weights = values["blocks.0.lstm.weight_hh_l0"]
    assert 0.8 * hidden**-0.5 < weights.abs().max() <= hidden**-0.5


def _measured(plan: Plan) -> int:
    model = built_from(plan).train()
    counter, tokens = SavedTensors(model), tokens_for(plan)
    half = plan.activation_bytes == 2
    with counter.counting(), torch.autocast("cpu", torch.bfloat16) if half else nullcontext():
        next_token_loss(model(tokens), tokens)
    return counter.bytes


@settings(max_examples=25)
@given(plans(pruned=False), st.sampled_from(KINDS))
@pytest.mark.parametrize("activation_bytes", [4, 2])
def test_promised_activations_are_within_a_quarter_of_the_measured(
    activation_bytes: int, plan: Plan, kind: Kind
) -> None:
    size = {"n_embd": 64, "n_head": 4, "n_kv_head": min(plan.n_kv_head, 4), "context_length": 48, "vocab_size": 92}
    plan = _as(plan, kind, activation_bytes=activation_bytes, **size)
    assert activations_bytes(plan) == pytest.approx(_measured(plan), rel=0.25)


@pytest.mark.parametrize("kind", KINDS)
def test_the_arithmetic_is_six_for_each_parameter(kind: Kind) -> None:
    plan = _as(TINY, kind)
    assert flops_per_token(plan) == 6 * count_parameters(plan)


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_opens_as_the_same_model(tmp_path: Path, kind: Kind) -> None:
    plan = _as(TINY, kind)
    model, tokens = built_from(plan), tokens_for(plan)
    save_model(model, tmp_path / "model.safetensors")
    again = load_model(tmp_path / "model.safetensors")
    assert again.plan == plan
    assert torch.equal(again(tokens), model(tokens))


@pytest.mark.parametrize("kind", KINDS)
def test_a_comparator_learns_and_is_told_by_its_own_size(tmp_path: Path, kind: Kind) -> None:
    experiment = tiny(tmp_path, {"architecture": {"kind": kind}}, steps=120, learning_rate=0.01, eval_interval=120)
    documents = run(tmp_path / "run", experiment)
    found = losses(documents)
    assert found[120] is not None
    assert found[1] is not None
    assert found[120] < 0.8 * found[1]
    started = next(one for one in documents if isinstance(one, RunStarted))
    plan = plan_of(experiment, started.vocab_size)
    gpt = count_parameters(plan_of(tiny(tmp_path), started.vocab_size))
    assert started.parameters == ended(documents).summary["parameters"] == count_parameters(plan)
    assert started.parameters == pytest.approx(gpt, rel=0.02)
    told = next(one for one in documents if isinstance(one, Notice) and one.key == f"{kind}_stands_in")
    assert (told.arguments["parameters"], told.arguments["gpt"]) == (f"{started.parameters:,}", f"{gpt:,}")


def test_what_an_lstm_hides_from_compression_is_said(tmp_path: Path) -> None:
    said: list[Any] = []
    techniques = {"architecture": {"kind": "lstm"}, "quantization": {}, "precision": {"mode": "fp16"}}
    experiment = tiny(tmp_path, techniques)
    state, _ = build(experiment, 30, torch.device("cpu"), said.append)
    assert [one.key for one in said] == ["lstm_stands_in", "lstm_compressed_in_part", "lstm_in_fp32"]
    linear = sum(block.projection.weight.numel() for block in state.model.blocks)  # type: ignore[union-attr,operator,misc]
    recurrent = sum(value.numel() for name, value in state.model.named_parameters() if "lstm.weight" in name)
    assert said[1].arguments["percent"] == f"{100 * linear / (linear + recurrent):.0f}"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("other", "key"),
    [
        ({"attention": {}}, "techniques_conflict"),
        ({"grouped_query_attention": {}}, "techniques_conflict"),
        ({"head_pruning": {}}, "techniques_conflict"),
        ({"neuron_pruning": {}}, "techniques_conflict"),
        ({"layer_pruning": {}}, "techniques_conflict"),
        ({"activation": {"kind": "relu"}}, "techniques_conflict"),
        ({"frozen_layers": {}}, "techniques_conflict"),
        ({"kv_cache": {}}, "techniques_conflict"),
        ({"quantization": {"scheme": "int4"}}, "comparator_widths_fit_no_kernel"),
        ({"pruning": {"pattern": "2:4", "kernels": "sparse"}}, "comparator_widths_fit_no_kernel"),
        ({"precision": {"mode": "float8_simulated"}}, "comparator_widths_not_float8"),
        ({"quantization": {"layers": "mlp"}}, "comparator_has_no_such_layers"),
    ],
    ids=str,
)
def test_what_needs_the_inside_of_a_gpt_is_refused(tmp_path: Path, kind: Kind, other: dict[str, Any], key: str) -> None:
    machine = Machine("p", 4, 2**33)
    found = list(problems(tiny(tmp_path, {"architecture": {"kind": kind}, **other}), machine))
    assert (key, "techniques.architecture.kind") in [(problem.key, problem.field) for problem in found]
    alone = list(problems(tiny(tmp_path, {"architecture": {"kind": "gpt"}, **other}), machine))
    assert "techniques.architecture.kind" not in [problem.field for problem in alone]


def test_there_is_no_cache_without_attention() -> None:
    plan = _as(TINY, "cnn")
    with pytest.raises(ValueError, match="only attention has keys and values"):
        built_from(plan)(tokens_for(plan), Cache(plan))
