"""Each part of the model does what its formula says, and chance does what its rate says."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
import torch
from torch.nn import functional as F

from gpulab.engine.layers.attention import Attention
from gpulab.engine.layers.block import Block
from gpulab.engine.layers.mlp import MLP
from gpulab.engine.layers.norms import BatchNorm, running_averages_held
from gpulab.engine.model import GPT, initialize, next_token_loss
from gpulab.spec.plan import Plan
from tests.engine.plans import TINY, built_from, tokens_for

WIDE = msgspec.structs.replace(TINY, n_head=4, n_embd=16, context_length=10)


def _attended_by_hand(attention: Attention, x: torch.Tensor) -> torch.Tensor:
    """Attention in loops: each head and position by itself."""
    width, group = attention.head_width, attention.n_head // attention.n_kv_head
    q, k, v = attention.qkv(x).split([n * width for n in (attention.n_head, *[attention.n_kv_head] * 2)], dim=-1)
    out = torch.zeros(*x.shape[:2], attention.n_head * width)
    for head in range(attention.n_head):
        own, shared = (slice(index * width, (index + 1) * width) for index in (head, head // group))
        for position in range(x.shape[1]):
            scores = k[:, : position + 1, shared] @ q[:, position, own, None] / width**0.5
            out[:, position, own] = (scores.softmax(dim=1) * v[:, : position + 1, shared]).sum(dim=1)
    made: torch.Tensor = attention.projection(out)
    return made


@pytest.mark.parametrize("kernel", ["fused", "naive"])
@pytest.mark.parametrize(("n_kv_head", "head_counts"), [(0, ()), (2, ()), (1, ()), (0, (3, 3)), (2, (2, 2))])
def test_attention_is_its_formula(kernel: str, n_kv_head: int, head_counts: tuple[int, ...]) -> None:
    plan = msgspec.structs.replace(WIDE, attention=kernel, n_kv_head=n_kv_head, head_counts=head_counts)
    torch.manual_seed(0)
    attention = Attention(plan).eval()
    x = torch.randn(2, 10, 16)
    torch.testing.assert_close(attention(x), _attended_by_hand(attention, x), rtol=1e-4, atol=1e-5)


FORMULAS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "gelu": lambda x: x * 0.5 * (1 + torch.erf(x / 2**0.5)),
    "gelu_tanh": lambda x: 0.5 * x * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (x + 0.044715 * x**3))),
    "relu": lambda x: x.clamp(min=0),
    "relu_squared": lambda x: x.clamp(min=0) ** 2,
    "silu": lambda x: x / (1 + (-x).exp()),
}


@pytest.mark.parametrize("kind", FORMULAS)
def test_plain_activations_are_their_formulas(kind: str) -> None:
    mlp = MLP(msgspec.structs.replace(WIDE, activation=kind))
    x = torch.randn(2, 3, 16)
    assert mlp.gate is None
    assert mlp.hidden == 64
    torch.testing.assert_close(mlp(x), mlp.projection(FORMULAS[kind](mlp.expand(x))))


@pytest.mark.parametrize(("kind", "bend"), [("swiglu", "silu"), ("geglu", "gelu")])
def test_gated_activations_multiply_two_hidden_layers(kind: str, bend: str) -> None:
    mlp = MLP(msgspec.structs.replace(WIDE, activation=kind))
    x = torch.randn(2, 3, 16)
    assert mlp.gate is not None
    assert mlp.hidden == 43
    torch.testing.assert_close(mlp(x), mlp.projection(FORMULAS[bend](mlp.gate(x)) * mlp.expand(x)))


def test_gated_widths_are_round_where_that_costs_nothing() -> None:
    widths = {n: msgspec.structs.replace(WIDE, n_embd=n, activation="swiglu").full_hidden for n in (64, 384, 768, 1024)}
    assert widths == {64: 171, 384: 1024, 768: 2048, 1024: 2728}


def test_dropout_takes_its_share_and_keeps_the_mean() -> None:
    plan = msgspec.structs.replace(WIDE, dropout=0.25)
    block = Block(plan).train()
    kept = block.dropout(torch.ones(200, 10, 16))
    assert (kept == 0).float().mean().item() == pytest.approx(0.25, abs=0.01)
    assert kept.mean().item() == pytest.approx(1.0, abs=0.01)
    assert torch.equal(block.eval().dropout(kept), kept)


@pytest.mark.parametrize("kernel", ["fused", "naive"])
def test_attention_drops_scores_in_training_alone(kernel: str) -> None:
    torch.manual_seed(0)
    attention = Attention(msgspec.structs.replace(WIDE, attention=kernel, dropout=0.5))
    x = torch.randn(1, 10, 16).expand(4000, -1, -1)
    whole = attention.eval()(x[:1])[0]
    dropped = attention.train()(x)
    assert not torch.equal(dropped[0], dropped[1])
    torch.testing.assert_close(dropped.mean(0), whole, rtol=0, atol=0.06)


def test_a_branch_is_left_out_for_whole_sequences_and_scaled_otherwise() -> None:
    block = Block(WIDE).train()
    branch = torch.randn(4000, 2, 16)
    kept = block._kept(branch, 0.4)
    out = (kept == 0).all(dim=(1, 2))
    assert out.float().mean().item() == pytest.approx(0.4, abs=0.03)
    torch.testing.assert_close(kept[~out], branch[~out] / 0.6)
    assert torch.equal(block.eval()._kept(branch, 0.4), branch)


def test_deeper_layers_are_left_out_more_often(monkeypatch: pytest.MonkeyPatch) -> None:
    drops: list[float] = []

    def noting(block: Block, branch: torch.Tensor, drop: float) -> torch.Tensor:
        drops.append(drop)
        return branch

    monkeypatch.setattr(Block, "_kept", noting)
    model = built_from(msgspec.structs.replace(WIDE, n_layer=4, shared_layers=2, stochastic_depth=0.4)).train()
    model(tokens_for(WIDE))
    assert drops == pytest.approx([0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.4, 0.4])


def test_held_running_averages_stay_and_the_output_is_the_same() -> None:
    norm = BatchNorm(4).train()
    x = torch.randn(3, 5, 4)
    before = [buffer.clone() for buffer in norm.buffers()]
    with running_averages_held(norm):
        held = norm(x)
    assert all(torch.equal(one, two) for one, two in zip(before, norm.buffers(), strict=True))
    assert torch.equal(norm(x), held)
    assert not torch.equal(before[0], next(norm.buffers()))


def _trained(plan: Plan) -> list[torch.Tensor]:
    """Three losses, then everything that three steps left behind."""
    model = GPT(plan).train()
    initialize(model, 1)
    torch.manual_seed(3)
    tokens, left = tokens_for(plan), []
    for _ in range(3):
        loss = next_token_loss(model(tokens), tokens)
        loss.backward()  # type: ignore[no-untyped-call]
        left.append(loss.detach())
        with torch.no_grad():
            for parameter in model.parameters():
                assert parameter.grad is not None
                parameter.sub_(parameter.grad)
                parameter.grad = None
    return left + list(model.state_dict().values())


@pytest.mark.parametrize("kernel", ["fused", "naive"])
@pytest.mark.parametrize("normalization", ["layernorm", "batchnorm"])
@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_recomputing_changes_no_bit(kernel: str, normalization: str, rate: float) -> None:
    plan = msgspec.structs.replace(
        WIDE, attention=kernel, normalization=normalization, dropout=rate, stochastic_depth=rate, n_layer=3
    )
    plain = _trained(plan)
    for recompute in ("every_block", "every_second_block"):
        again = _trained(msgspec.structs.replace(plan, recompute=recompute))
        assert all(torch.equal(one, two) for one, two in zip(plain, again, strict=True))


@pytest.mark.parametrize(("recompute", "runs"), [("no_block", 3), ("every_block", 6), ("every_second_block", 5)])
def test_recomputing_runs_blocks_twice_in_training_alone(recompute: str, runs: int) -> None:
    model = built_from(msgspec.structs.replace(WIDE, n_layer=3, recompute=recompute))
    count: list[int] = []
    for block in model.blocks:
        block.register_forward_pre_hook(lambda *_: count.append(1))
    for training, expected in ((False, 3), (True, runs)):
        count.clear()
        loss = next_token_loss(model.train(training)(tokens_for(WIDE)), tokens_for(WIDE))
        loss.backward()  # type: ignore[no-untyped-call]
        assert len(count) == expected


@pytest.mark.parametrize("normalization", ["layernorm", "batchnorm"])
def test_recomputing_compiles(normalization: str) -> None:
    plan = msgspec.structs.replace(WIDE, recompute="every_block", normalization=normalization, activation="swiglu")
    results = []
    for compiled in (False, True):
        model = built_from(plan).train()
        network = torch.compile(model, backend="aot_eager") if compiled else model
        loss = F.cross_entropy(network(tokens_for(plan)).flatten(0, 1), tokens_for(plan).flatten())
        loss.backward()  # type: ignore[no-untyped-call]
        results.append([loss.detach(), *model.buffers(), *(value.grad for value in model.parameters())])
    for one, two in zip(*results, strict=True):
        torch.testing.assert_close(one, two)
