"""Writing with kept keys and values gives what reading everything again would give."""

from __future__ import annotations

import msgspec
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gpulab.engine.layers.cache import Cache
from gpulab.spec.plan import Plan
from tests.engine.plans import TINY, built_from, plans, tokens_for

PLAN = msgspec.structs.replace(TINY, n_head=4, n_embd=32, n_layer=3, context_length=12)


@settings(max_examples=25)
@given(plans(), st.data())
def test_pieces_of_any_length_give_the_logits_of_the_whole(plan: Plan, data: st.DataObject) -> None:
    model, tokens = built_from(plan), tokens_for(plan)
    whole, cache, parts = model(tokens), Cache(plan), []
    while cache.length < plan.context_length:
        piece = data.draw(st.integers(1, plan.context_length - cache.length))
        parts.append(model(tokens[:, cache.length : cache.length + piece], cache))
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("options", [{}, {"n_kv_head": 1}, {"attention": "naive"}, {"shared_layers": 3}], ids=str)
def test_8_bits_are_close_and_a_quarter_of_the_bytes(options: dict[str, object]) -> None:
    plan = msgspec.structs.replace(PLAN, **options)
    model, tokens = built_from(plan), tokens_for(plan)
    exact, rounded = Cache(plan), Cache(plan, quantized=True)
    for position in range(plan.context_length):
        one, other = (model(tokens[:, position : position + 1], cache) for cache in (exact, rounded))
        assert (one - other).abs().max() < 0.02 * one.abs().max()
    per_position = 2 * 3 * plan.batch_size * plan.kv_heads(0)
    assert exact.nbytes == 12 * per_position * 4 * 8
    assert rounded.nbytes == 12 * per_position * (8 + 4)


def test_8_bits_round_to_half_a_step_of_each_heads_own_scale() -> None:
    layer = Cache(PLAN, quantized=True).layers[0]
    torch.manual_seed(0)
    k, v = torch.randn(2, 2, 4, 5, 8) * torch.tensor([1e-3, 1.0, 50.0, 0.0])[:, None, None]
    for stored, given_ in zip(layer.extend(k, v), (k, v), strict=True):
        step = given_.abs().amax(-1, keepdim=True) / 127
        assert ((stored - given_).abs() <= step / 2 * 1.001).all()


def test_a_cleared_cache_begins_again_and_a_full_one_refuses() -> None:
    model, tokens, cache = built_from(PLAN), tokens_for(PLAN), Cache(PLAN)
    first = model(tokens, cache)
    assert cache.length == 12
    with pytest.raises(ValueError, match="13 positions reach beyond a context of 12"):
        model(tokens[:, :1], cache)
    cache.clear()
    assert (cache.length, cache.nbytes) == (0, 0)
    assert torch.equal(model(tokens, cache), first)


def test_no_gradient_flows_through_what_is_kept() -> None:
    model, tokens, cache = built_from(PLAN), tokens_for(PLAN), Cache(PLAN)
    model(tokens[:, :6], cache)
    model(tokens[:, 6:], cache).sum().backward()
    earlier = model.position_embedding.weight.grad
    assert earlier is not None
    assert (earlier[:6] == 0).all()
    assert (earlier[6:] != 0).any()


def test_another_batch_and_another_precision_take_memory_of_their_own() -> None:
    model, tokens, cache = built_from(PLAN), tokens_for(PLAN), Cache(PLAN)
    model(tokens, cache)
    cache.clear()
    assert torch.equal(model(tokens[:1], cache), model(tokens[:1]))
    cache.clear()
    with torch.autocast("cpu", torch.bfloat16):
        parts = [model(tokens[:, :7], cache), model(tokens[:, 7:], cache)]
        torch.testing.assert_close(torch.cat(parts, dim=1), model(tokens), rtol=0.05, atol=0.02)
    assert cache.nbytes == 2 * 3 * 3 * 12 * 32 * 2
