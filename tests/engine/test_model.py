"""The model has exactly the parameters that were promised before it was built, and looks at no later token."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import torch

from gpulab.engine.model import GPT, initialize, next_token_loss
from gpulab.spec.estimates import count_parameters
from gpulab.spec.plan import Plan, reference_plan
from gpulab.spec.presets import experiment_from

TINY = Plan(vocab_size=11, n_layer=2, n_head=2, n_embd=8, context_length=6, bias=False, batch_size=3)


@pytest.mark.parametrize("name", ["nano", "mini", "small", "gpt2"])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("normalization", ["layernorm", "rmsnorm", "batchnorm", "none"])
def test_promised_parameters_are_exact(name: str, bias: bool, normalization: str) -> None:
    reference = reference_plan(experiment_from(name), 50257 if name == "gpt2" else 92)
    plan = msgspec.structs.replace(reference, bias=bias, normalization=normalization)
    with torch.device("meta"):
        model = GPT(plan)
    assert count_parameters(plan) == sum(parameter.numel() for parameter in model.parameters())


def test_gpt2_has_the_parameters_of_gpt2() -> None:
    assert count_parameters(reference_plan(experiment_from("gpt2"), 50257)) == 124_439_808


@pytest.mark.parametrize("normalization", ["layernorm", "rmsnorm", "batchnorm", "none"])
def test_no_position_sees_a_later_one(normalization: str) -> None:
    model = GPT(msgspec.structs.replace(TINY, normalization=normalization)).eval()
    initialize(model, seed=1)
    tokens = torch.randint(11, (2, 6), generator=torch.Generator().manual_seed(2))
    changed = tokens.clone()
    changed[:, 4:] = (changed[:, 4:] + 1) % 11
    before, after = model(tokens), model(changed)
    assert torch.equal(before[:, :4], after[:, :4])
    assert not torch.equal(before[:, 4:], after[:, 4:])


def test_initialization_depends_on_names_alone() -> None:
    shallow, deep = GPT(TINY), GPT(msgspec.structs.replace(TINY, n_layer=2, normalization="rmsnorm"))
    initialize(shallow, seed=5)
    initialize(deep, seed=5)
    other = dict(deep.named_parameters())
    shared = {name for name, value in shallow.named_parameters() if torch.equal(value, other[name])}
    assert shared == set(other)


def test_seeds_give_different_weights() -> None:
    one, two = GPT(TINY), GPT(TINY)
    initialize(one, seed=1)
    initialize(two, seed=2)
    assert not torch.equal(one.token_embedding.weight, two.token_embedding.weight)


def test_untrained_model_guesses_about_evenly() -> None:
    model = GPT(TINY)
    initialize(model, seed=1)
    tokens, targets = torch.randint(11, (2, 64, 6), generator=torch.Generator().manual_seed(3))
    assert next_token_loss(model(tokens), targets).item() == pytest.approx(torch.tensor(11.0).log().item(), abs=0.02)


def test_attention_in_fp32_is_the_same_attention() -> None:
    model = GPT(TINY).eval()
    initialize(model, seed=1)
    tokens = torch.zeros((1, 6), dtype=torch.int64)
    before = model(tokens)
    model.set_attention_in_fp32(True)
    assert torch.equal(model(tokens), before)


def test_attention_stays_in_fp32_under_autocast(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[torch.dtype] = []
    attend = torch.nn.functional.scaled_dot_product_attention

    def noting(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, **how: Any) -> torch.Tensor:
        mixed = attend(q, k, v, **how)
        seen.append(mixed.dtype)
        return mixed

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", noting)
    model = GPT(TINY)
    initialize(model, seed=1)
    for in_fp32 in (False, True):
        model.set_attention_in_fp32(in_fp32)
        with torch.autocast("cpu", torch.bfloat16):
            model(torch.zeros((1, 6), dtype=torch.int64))
    assert seen == [torch.bfloat16] * 2 + [torch.float32] * 2
