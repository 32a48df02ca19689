"""A model is what its plan says: it looks at no later token, starts from named streams, and can be built again."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import torch
from hypothesis import given, settings

from gpulab.engine.layers import attention as layer
from gpulab.engine.layers.block import Block
from gpulab.engine.model import GPT, next_token_loss
from gpulab.spec.plan import Plan
from tests.engine.plans import TINY, built_from, plans, tokens_for


def _varied(**options: Any) -> Plan:
    return msgspec.structs.replace(TINY, **options)


@settings(max_examples=25)
@given(plans())
def test_no_position_sees_a_later_one(plan: Plan) -> None:
    model, tokens = built_from(plan), tokens_for(plan)
    cut = plan.context_length // 2
    changed = tokens.clone()
    changed[:, cut:] = (changed[:, cut:] + 1) % plan.vocab_size
    before, after = model(tokens), model(changed)
    assert torch.equal(before[:, :cut], after[:, :cut])
    assert not torch.equal(before[:, cut:], after[:, cut:])


def test_initialization_depends_on_names_alone() -> None:
    one, other = (
        dict(built_from(plan).named_parameters())
        for plan in (TINY, _varied(normalization="rmsnorm", activation="swiglu", tied=False))
    )
    same = {name for name in one.keys() & other.keys() if torch.equal(one[name], other[name])}
    unlike = {f"blocks.{block}.mlp.{part}.weight" for block in range(2) for part in ("expand", "projection")}
    assert {name for name in one if name not in same} == unlike  # whose shapes differ
    assert not torch.equal(other["head.weight"], other["token_embedding.weight"])


def test_the_first_weights_are_what_they_always_were() -> None:
    """Saved losses can be had again only as long as these stay."""
    first = built_from(TINY, seed=1).state_dict()
    assert first["token_embedding.weight"][0, :2].tolist() == [-0.003713176818564534, -0.0035990288015455008]
    assert first["blocks.1.mlp.projection.weight"][0, :2].tolist() == [-0.0007153901387937367, 0.01047517079859972]


def test_seeds_give_different_weights() -> None:
    assert not torch.equal(built_from(TINY, 1).token_embedding.weight, built_from(TINY, 2).token_embedding.weight)


def test_untrained_model_guesses_about_evenly() -> None:
    model = built_from(TINY)
    tokens, targets = torch.randint(11, (2, 64, 6), generator=torch.Generator().manual_seed(3))
    assert next_token_loss(model(tokens), targets).item() == pytest.approx(torch.tensor(11.0).log().item(), abs=0.02)


def test_too_many_tokens_are_refused() -> None:
    with pytest.raises(ValueError, match="7 positions reach beyond a context of 6"):
        built_from(TINY)(torch.zeros((1, 7), dtype=torch.int64))


def test_a_pruned_model_is_built_again_from_its_plan_alone() -> None:
    plan = _varied(hidden_widths=(5, 32), head_counts=(2, 1), activation="geglu")
    model = built_from(plan)
    stored = msgspec.json.decode(msgspec.json.encode(plan), type=Plan)
    again = GPT(stored).eval()
    again.load_state_dict(model.state_dict())
    assert torch.equal(again(tokens_for(plan)), model(tokens_for(plan)))
    last = model.blocks[1]
    assert isinstance(last, Block)
    assert (last.mlp.hidden, last.attention.n_head, last.attention.n_kv_head, last.attention.head_width) == (
        32,
        1,
        1,
        4,
    )


@pytest.mark.parametrize(("n_kv_head", "head_counts", "expected"), [(0, (3, 1), [3, 1]), (2, (4, 2), [2, 1])])
def test_key_heads_follow_the_query_heads_that_are_left(
    n_kv_head: int, head_counts: tuple[int, ...], expected: list[int]
) -> None:
    plan = _varied(n_head=4, n_kv_head=n_kv_head, head_counts=head_counts)
    assert [plan.kv_heads(block) for block in range(2)] == expected
    told = msgspec.structs.replace(plan, n_kv_head=1, kv_head_counts=(1, 1))
    assert [told.kv_heads(block) for block in range(2)] == [1, 1]
    built_from(told)(tokens_for(told))


def test_shared_layers_pass_through_one_block_again() -> None:
    plan = _varied(n_layer=4, shared_layers=2)
    model, tokens = built_from(plan), tokens_for(plan)
    apart = GPT(_varied(n_layer=4)).eval()
    apart.load_state_dict(model.state_dict(), strict=False)
    for index, block in enumerate(apart.blocks):
        block.load_state_dict(model.blocks[index // 2].state_dict())
    assert len(model.blocks) == 2
    assert torch.equal(model(tokens), apart(tokens))


def test_a_head_of_its_own_scores_the_tokens() -> None:
    model, tokens = built_from(_varied(tied=False)), tokens_for(TINY)
    before = model(tokens)
    with torch.no_grad():
        assert model.head is not None
        model.head.weight[3] += 1.0
    assert (model(tokens) != before).any(dim=(0, 1)).nonzero().tolist() == [[3]]
    assert built_from(TINY).head is None


def test_after_each_sum_numbers_are_normalized_and_nothing_follows() -> None:
    model = built_from(_varied(norm_placement="post"))
    seen: list[torch.Tensor] = []
    model.blocks[1].register_forward_hook(lambda block, given, out: seen.append(out))
    model(tokens_for(TINY))
    assert seen[0].mean(-1).abs().max() < 1e-5
    assert (seen[0].var(-1, unbiased=False) - 1.0).abs().max() < 0.1
    assert isinstance(model.final_norm, torch.nn.Identity)


@pytest.mark.parametrize("attention", ["fused", "naive"])
def test_attention_in_fp32_is_the_same_attention(attention: str) -> None:
    model = built_from(_varied(attention=attention))
    before = model(tokens_for(TINY))
    model.set_attention_in_fp32(True)
    assert torch.equal(model(tokens_for(TINY)), before)


@pytest.mark.parametrize("attention", ["fused", "naive"])
def test_attention_stays_in_fp32_under_autocast(attention: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[torch.dtype] = []
    kernels = {"fused": (torch.nn.functional, "scaled_dot_product_attention"), "naive": (layer, "_mix_step_by_step")}
    attend = getattr(*kernels[attention])

    def noting(x: torch.Tensor, *others: Any, **how: Any) -> torch.Tensor:
        done: torch.Tensor = attend(x, *others, **how)
        seen.append(done.dtype)
        return done

    model = built_from(_varied(attention=attention))
    monkeypatch.setattr(*kernels[attention], noting)
    for in_fp32 in (False, True):
        model.set_attention_in_fp32(in_fp32)
        with torch.autocast("cpu", torch.bfloat16):
            model(tokens_for(TINY))
    assert seen == [torch.bfloat16] * 2 + [torch.float32] * 2


def test_weights_in_16_bits_take_attention_in_32() -> None:
    model = built_from(TINY).to(torch.bfloat16)
    model.set_attention_in_fp32(True)
    assert model(tokens_for(TINY)).dtype == torch.bfloat16
