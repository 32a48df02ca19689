"""Operations and bytes of a training: what is counted is what a hand counts, and counting leaves no trace."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from gpulab.engine.arithmetic import arithmetic_of, counted, figures
from gpulab.engine.op_traffic import optimizer_bytes
from gpulab.hardware.ceilings import Ceilings, place_of
from gpulab.hardware.machine import Machine, this_machine
from gpulab.hardware.nvidia import Gpu
from gpulab.runs.ceilings import save_ceilings
from gpulab.runs.home import HOME_VARIABLE
from gpulab.spec.estimates import flops_per_token
from gpulab.spec.plan import Plan, reference_plan
from gpulab.spec.presets import experiment_from
from tests.engine.plans import TINY, built_from, tokens_for
from tests.engine.support import built, ended, losses, run, tiny

PLAN = msgspec.structs.replace(
    TINY, batch_size=7, n_head=4, n_embd=32, context_length=16, vocab_size=40, n_layer=2, bias=True
)
VARIANTS: list[dict[str, Any]] = [
    {},
    {"n_kv_head": 1},
    {"n_kv_head": 2, "attention": "naive"},
    {"activation": "swiglu"},
    {"tied": False},
    {"shared_layers": 2},
    {"recompute": "every_block"},
    {"recompute": "every_second_block"},
    {"normalization": "rmsnorm", "norm_placement": "post"},
    {"dropout": 0.1, "stochastic_depth": 0.2},
    {"hidden_widths": (64, 96), "head_counts": (2, 4)},
]


def by_hand(plan: Plan) -> tuple[int, int]:
    """Operations for one token, and of these the second forward passes, matrix by matrix as one writes them down."""
    total, again = 6 * plan.vocab_size * plan.n_embd, 0
    for layer in range(plan.n_layer):
        block = layer // plan.shared_layers
        wide, hidden = plan.heads(block) * plan.head_width, plan.hidden(block)
        narrow = plan.kv_heads(block) * plan.head_width
        qkv, projection = plan.n_embd * (wide + 2 * narrow), wide * plan.n_embd
        up, down = plan.n_embd * hidden * (2 if plan.gated else 1), hidden * plan.n_embd
        looking = 2 * plan.context_length * wide  # at every position, then adding up what was seen there
        forward = 2 * (qkv + projection + up + down + looking)
        total += 3 * forward
        if plan.recomputes(layer):
            again += forward - 2 * down  # torch stops where nothing else is needed for the gradient
    return total + again, again


@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_the_count_is_the_hand_s(options: dict[str, Any]) -> None:
    plan = msgspec.structs.replace(PLAN, **options)
    model, tokens = built_from(plan), tokens_for(plan)
    total, again = by_hand(plan)
    count = counted(model, tokens, tokens, nullcontext)
    assert count.total == total * tokens.numel()
    assert count.again == again * tokens.numel()
    assert set(count.flops) == {"fp32"}


def test_the_preset_nano_by_hand_and_by_the_estimate() -> None:
    plan = reference_plan(experiment_from("nano"), 65)
    # 2 layers 64 wide, 64 positions: qkv 3 x 64 x 64, projection 64 x 64, hidden layer 2 x 4 x 64 x 64, a head of 65
    weights = 2 * (3 + 1 + 8) * 64 * 64 + 65 * 64
    by_hand_ = 6 * weights + 12 * 2 * 64 * 64
    tokens = tokens_for(plan)[:2]
    found = arithmetic_of(built_from(plan), tokens, tokens, nullcontext, 0.0)
    assert (found.flops, found.recomputed_flops, found.compute_type) == (by_hand_, 0.0, "fp32")
    norms = 6 * 5 * 64  # which the estimate counts as if they were multiplied
    assert flops_per_token(plan) == by_hand_ + norms


@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_a_few_sequences_tell_what_all_of_them_take(options: dict[str, Any]) -> None:
    plan = msgspec.structs.replace(PLAN, **options)
    model, tokens = built_from(plan), tokens_for(plan)
    few = arithmetic_of(model, tokens, tokens, nullcontext, 0.0)
    all_ = counted(model, tokens, tokens, nullcontext)
    assert few.flops * tokens.numel() == pytest.approx(all_.total, rel=1e-12)
    assert few.recomputed_flops * tokens.numel() == pytest.approx(all_.again, rel=1e-12)
    assert few.bytes * tokens.numel() == pytest.approx(all_.bytes, rel=1e-12)


@pytest.mark.parametrize("architecture", ["lstm", "cnn"])
def test_other_architectures_come_near_the_estimate(architecture: Any) -> None:
    plan = msgspec.structs.replace(PLAN, architecture=architecture)
    found = counted(built_from(plan), tokens_for(plan), tokens_for(plan), nullcontext)
    assert found.total == pytest.approx(flops_per_token(plan) * tokens_for(plan).numel(), rel=0.05)


def test_torch_s_own_counter_says_the_same_where_it_has_a_formula() -> None:
    plan = msgspec.structs.replace(PLAN, attention="naive")
    model, tokens = built_from(plan), tokens_for(plan)
    with FlopCounterMode(display=False) as torch_s:
        torch.nn.functional.cross_entropy(model(tokens).flatten(0, 1), tokens.flatten()).backward()  # type: ignore[no-untyped-call]
    assert counted(built_from(plan), tokens, tokens, nullcontext).total == torch_s.get_total_flops()


def test_the_type_is_that_of_most_products(tmp_path: Path) -> None:
    for mode, kind in (("bf16", "bf16"), ("bf16_pure", "bf16"), ("fp16", "fp16"), ("fp32", "fp32")):
        state, pipeline, _ = built(tiny(tmp_path, {"precision": {"mode": mode}}))
        tokens = tokens_for(state.plan)
        found = arithmetic_of(state.model, tokens, tokens, lambda: pipeline.forward_context(state), 0.0)  # noqa: B023
        assert found.compute_type == kind


def test_bytes_of_one_linear_layer_by_hand() -> None:
    """Read and written, forward and backward, of y = x W: nothing else moves."""
    layer, x = torch.nn.Linear(8, 16, bias=False), torch.randn(4, 8)

    class Head(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.layer(x)[None]
            return out

    targets = torch.zeros(1, 4, dtype=torch.int64)
    found = counted(Head(), targets, targets, nullcontext)
    product, loss = 4 * (32 + 128 + 64), 4 * 64  # x, W and y of four bytes each; one table of logits
    forward = product + 2 * loss + (loss + 4 * 8 + 4 + 4)  # log softmax, then the loss and its count of targets
    gradient = 4 + (4 + loss + 4 * 8 + 4 + loss) + 3 * loss + product  # ones, nll, log softmax, W's gradient
    assert found.bytes == forward + gradient
    assert found.total == 2 * 2 * 4 * 8 * 16  # x needs no gradient


def test_what_the_optimizer_moves() -> None:
    model = torch.nn.Linear(64, 64)
    assert optimizer_bytes(model, "sgd") == 4 * (64 * 64 + 64) * (2 + 2 + 2)
    assert optimizer_bytes(model, "adamw") == 4 * (64 * 64 + 64) * (2 + 2 + 4)


def test_counting_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    techniques = {"dropout": {}, "normalization": {"kind": "batchnorm"}}
    with_it = run(tmp_path / "with", tiny(tmp_path, techniques))
    model = built_from(msgspec.structs.replace(PLAN, normalization="batchnorm")).eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    counted(model, tokens_for(PLAN), tokens_for(PLAN), nullcontext)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not model.training
    assert all(parameter.grad is None for parameter in model.parameters())

    def broken(*_: object) -> None:
        raise RuntimeError("no formula")

    monkeypatch.setattr("gpulab.engine.run.arithmetic_of_training", broken)
    without = run(tmp_path / "without", tiny(tmp_path, techniques))
    assert losses(with_it) == losses(without)
    assert "flops_per_token" in ended(with_it).summary
    assert "flops_per_token" not in ended(without).summary
    assert ended(without).status == "done"


def test_shares_of_datasheet_and_ceiling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    state, pipeline, _ = built(tiny(tmp_path, {"gradient_checkpointing": {}}))
    tokens, machine = tokens_for(state.plan), this_machine()
    found = arithmetic_of(state.model, tokens, tokens, lambda: pipeline.forward_context(state), 0.0)
    summary = figures(found, 1000.0, state, machine)
    assert summary["flops_per_s"] == 1000.0 * found.flops
    assert (summary["mfu"], summary["ceiling_share"]) == (None, None)
    save_ceilings(Ceilings(place_of(machine, "cpu", 1), 1.0, {"fp32": 1e9}, 1e9))
    assert figures(found, 1000.0, state, machine)["ceiling_share"] == pytest.approx(found.flops * 1e-6)
    assert figures(found, None, state, machine)["ceiling_share"] is None
    assert figures(None, 1000.0, state, machine) == {}

    on_gpu = Machine("a processor", 4, 2**34, (Gpu(0, "NVIDIA A100-SXM4-80GB", 2**36, (8, 0)),))
    state.device = torch.device("cuda:0")
    model_flops = found.flops - found.recomputed_flops
    assert found.recomputed_flops > 0
    assert figures(found, 1e6, state, on_gpu)["mfu"] == pytest.approx(model_flops * 1e6 / 19.5e12)
