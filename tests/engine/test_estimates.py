"""What is promised of a model's size, arithmetic and memory is what the model then has."""

from __future__ import annotations

from contextlib import nullcontext
from math import prod

import msgspec
import pytest
import torch
from hypothesis import given, settings

from gpulab.engine.model import GPT, next_token_loss
from gpulab.engine.probes.memory import SavedTensors
from gpulab.spec.activations import activations_bytes
from gpulab.spec.estimates import count_parameters, flops_per_token
from gpulab.spec.parameters import parameter_shapes
from gpulab.spec.plan import Plan, reference_plan
from gpulab.spec.presets import PRESETS, experiment_from
from tests.engine.plans import TINY, built_from, plans, tokens_for

MINI = Plan(vocab_size=92, n_layer=4, n_head=4, n_embd=64, context_length=64, bias=False, batch_size=4)


@settings(max_examples=150)
@given(plans())
def test_promised_parameters_are_the_models_own_name_by_name(plan: Plan) -> None:
    with torch.device("meta"):
        model = GPT(plan)
    assert parameter_shapes(plan) == {name: tuple(value.shape) for name, value in model.named_parameters()}


def test_gpt2_has_the_parameters_of_gpt2() -> None:
    assert count_parameters(reference_plan(experiment_from("gpt2"), 50257)) == 124_439_808


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("activation", ["swiglu", "geglu"])
def test_gated_activations_have_as_many_parameters(preset: str, activation: str) -> None:
    plain = reference_plan(experiment_from(preset), 92)
    gated = msgspec.structs.replace(plain, activation=activation)
    assert count_parameters(gated) == pytest.approx(count_parameters(plain), rel=0.005)


def _flops(**options: object) -> int:
    return flops_per_token(msgspec.structs.replace(MINI, **options))


def test_the_arithmetic_is_that_of_the_usual_formula() -> None:
    counted = count_parameters(MINI) - prod((MINI.context_length, MINI.n_embd))
    assert _flops() == 6 * counted + 12 * MINI.n_layer * MINI.context_length * MINI.n_embd


def test_sharing_saves_parameters_and_no_arithmetic() -> None:
    shared = msgspec.structs.replace(MINI, shared_layers=2)
    assert count_parameters(shared) < 0.6 * count_parameters(MINI)
    assert flops_per_token(shared) == _flops()
    assert _flops(tied=False) == _flops()
    assert _flops(n_kv_head=1) < _flops()


def test_a_second_forward_pass_is_a_third_more() -> None:
    head = 6 * (MINI.vocab_size + 1) * MINI.n_embd
    assert (_flops(recompute="every_block") - head) * 3 == (_flops() - head) * 4
    assert (_flops(recompute="every_second_block") - head) * 6 == (_flops() - head) * 7


def _measured(plan: Plan) -> int:
    model = built_from(plan).train()
    counter, tokens = SavedTensors(model), tokens_for(plan)
    half = plan.activation_bytes == 2
    model.set_attention_in_fp32(half)
    with counter.counting(), torch.autocast("cpu", torch.bfloat16) if half else nullcontext():
        next_token_loss(model(tokens), tokens)
    return counter.bytes


@settings(max_examples=40)
@given(plans(pruned=False))
@pytest.mark.parametrize("activation_bytes", [4, 2])
def test_promised_activations_are_within_a_quarter_of_the_measured(activation_bytes: int, plan: Plan) -> None:
    size = {"n_embd": 64, "n_head": 4, "n_kv_head": min(plan.n_kv_head, 4), "context_length": 48, "vocab_size": 92}
    plan = msgspec.structs.replace(plan, activation_bytes=activation_bytes, **size)
    assert activations_bytes(plan) == pytest.approx(_measured(plan), rel=0.25)


def test_what_a_pruned_block_keeps_is_less() -> None:
    pruned = msgspec.structs.replace(MINI, hidden_widths=(64,) * 4, head_counts=(2,) * 4)
    assert activations_bytes(pruned) == pytest.approx(_measured(pruned), rel=0.1)
    assert activations_bytes(pruned) < 0.7 * activations_bytes(MINI)


def test_recomputing_every_block_keeps_less_than_half() -> None:
    assert _measured(msgspec.structs.replace(MINI, recompute="every_block")) <= 0.45 * _measured(MINI)


def test_looking_inside_a_recomputed_block_leaves_no_trace() -> None:
    plan = msgspec.structs.replace(TINY, recompute="every_block", dropout=0.3, normalization="batchnorm")
    tokens, results = tokens_for(plan), []
    for counted in (True, False):
        model = built_from(plan).train()
        torch.manual_seed(5)
        with SavedTensors(model).counting() if counted else nullcontext():
            loss = next_token_loss(model(tokens), tokens)
        loss.backward()  # type: ignore[no-untyped-call]
        results.append([loss.detach(), *model.buffers(), *(value.grad for value in model.parameters())])
    assert all(torch.equal(one, two) for one, two in zip(*results, strict=True))


def test_a_gpu_is_promised_less_for_what_its_kernels_fuse() -> None:
    plan = msgspec.structs.replace(MINI, dropout=0.1, activation_bytes=2)
    assert activations_bytes(plan, on_gpu=True) < 0.7 * activations_bytes(plan)
