"""Plans of every kind for the tests of models and estimates."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import strategies as st

from gpulab.engine.model import GPT, initialize
from gpulab.spec.plan import Plan

TINY = Plan(vocab_size=11, n_layer=2, n_head=2, n_embd=8, context_length=6, bias=False, batch_size=3)


def tokens_for(plan: Plan, seed: int = 2) -> torch.Tensor:
    """One batch of token numbers (batch, context)."""
    shape = (plan.batch_size, plan.context_length)
    return torch.randint(plan.vocab_size, shape, generator=torch.Generator().manual_seed(seed))


def built_from(plan: Plan, seed: int = 1) -> GPT:
    """The initialized model in evaluation mode."""
    model = GPT(plan).eval()
    initialize(model, seed)
    return model


@st.composite
def plans(draw: st.DrawFn, pruned: bool = True) -> Plan:
    """Any plan whose counts fit together, small enough to build at once."""
    n_head, group = draw(st.sampled_from([1, 2, 4])), draw(st.sampled_from([1, 2]))
    n_block = draw(st.integers(1, 3))
    n_kv_head = draw(st.sampled_from([0, *(count for count in (1, 2, 4) if n_head % count == 0)]))
    own: dict[str, Any] = {}
    if pruned and draw(st.booleans()):
        per_kv_head = n_head // (n_kv_head or n_head)
        counts = st.integers(1, n_head // per_kv_head).map(lambda count: count * per_kv_head)
        own["hidden_widths"] = tuple(draw(st.lists(st.integers(1, 40), min_size=n_block, max_size=n_block)))
        own["head_counts"] = tuple(draw(st.lists(counts, min_size=n_block, max_size=n_block)))
    return Plan(
        vocab_size=draw(st.integers(2, 40)),
        n_layer=n_block * group,
        n_head=n_head,
        n_embd=n_head * draw(st.sampled_from([2, 4, 10])),
        context_length=draw(st.integers(2, 12)),
        bias=draw(st.booleans()),
        batch_size=draw(st.integers(1, 3)),
        normalization=draw(st.sampled_from(["layernorm", "rmsnorm", "batchnorm", "none"])),
        norm_placement=draw(st.sampled_from(["pre", "post"])),
        activation=draw(st.sampled_from(["gelu", "gelu_tanh", "relu", "relu_squared", "silu", "swiglu", "geglu"])),
        attention=draw(st.sampled_from(["fused", "naive"])),
        tied=draw(st.booleans()),
        shared_layers=group,
        n_kv_head=n_kv_head,
        dropout=draw(st.sampled_from([0.0, 0.3])),
        stochastic_depth=draw(st.sampled_from([0.0, 0.3])),
        recompute=draw(st.sampled_from(["no_block", "every_block", "every_second_block"])),
        **own,
    )
