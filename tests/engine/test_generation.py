"""Writing: with a cache as without it, and an honest end where a model's numbers leave nothing to draw from."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from gpulab.engine.generation import NotFinite, generate
from gpulab.engine.inference import writing_figures
from gpulab.engine.layers.cache import Cache
from gpulab.engine.model import GPT
from gpulab.events.documents import Notice, TextGenerated
from gpulab.spec.plan import Plan
from gpulab.techniques.quantization import Quantization
from tests.engine.plans import TINY, built_from
from tests.engine.support import ended, losses, run, tiny

PLAN = msgspec.structs.replace(TINY, n_head=4, n_embd=32, context_length=24, vocab_size=60)
PROMPT = torch.tensor([3, 1, 4, 1, 5])


def _sure(plan: Plan) -> GPT:
    """A model whose guesses are far apart, so that tokens depend on what is seen."""
    model = built_from(plan)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(4.0) if parameter.dim() > 1 else parameter
    return model


def _written(model: GPT, length: int, cache: Cache | None = None, prompt: torch.Tensor = PROMPT) -> list[int]:
    tokens: list[int] = generate(model, prompt, length, 24, 0.8, seed=1, step=0, cache=cache).tolist()
    return tokens


@pytest.mark.parametrize("options", [{}, {"n_kv_head": 1}, {"attention": "naive", "shared_layers": 2}], ids=str)
def test_a_cache_writes_the_same_tokens_up_to_the_contexts_end(options: dict[str, Any]) -> None:
    plan = msgspec.structs.replace(PLAN, **options)
    model = _sure(plan)
    last = 24 - len(PROMPT) + 1  # the last one is drawn from a full context
    assert _written(model, last, Cache(plan)) == _written(model, last)


def test_a_full_cache_begins_again_with_the_last_half_of_the_context() -> None:
    model, cache = _sure(PLAN), Cache(PLAN)
    read: list[tuple[int, int]] = []
    model.register_forward_pre_hook(lambda _, arguments: read.append((arguments[1].length, arguments[0].shape[1])))
    tokens = _written(model, 40, cache)
    assert len(tokens) == 40
    assert read[:20] == [(0, 5), *((position, 1) for position in range(5, 24))]
    assert read[20:34] == [(0, 12), *((position, 1) for position in range(12, 24)), (0, 12)]
    seen = torch.cat([PROMPT, torch.tensor(tokens)])[20 + 5 - 12 : 20 + 5]
    with torch.no_grad():
        whole = model(seen[None], Cache(PLAN))[0, -1]
    again: list[torch.Tensor] = []
    model.register_forward_hook(lambda _, arguments, logits: again.append(logits[0, -1]))
    assert _written(model, 21, Cache(PLAN)) == tokens[:21]
    assert torch.equal(again[20], whole)


def test_a_prompt_longer_than_the_context_leaves_the_cache_full() -> None:
    model, cache = _sure(PLAN), Cache(PLAN)
    long = torch.arange(50)
    assert _written(model, 1, cache, long) == _written(model, 1, prompt=long)
    assert cache.length == 24


def test_the_shortest_context_there_is_writes_with_a_cache() -> None:
    plan = msgspec.structs.replace(PLAN, context_length=2)
    assert len(generate(built_from(plan), PROMPT, 6, 2, 1.0, seed=1, step=0, cache=Cache(plan))) == 6


def test_only_positions_that_are_held_can_be_kept() -> None:
    cache = Cache(PLAN)
    built_from(PLAN)(PROMPT[None], cache)
    cache.shorten(3)
    assert cache.length == 3
    with pytest.raises(ValueError, match="of 3 positions the first 4 cannot be kept"):
        cache.shorten(4)


@pytest.mark.parametrize("kv_cache", ["none", "full", "int8"])
def test_the_cache_is_measured_beside_writing_without_it(kv_cache: Any) -> None:
    plan = msgspec.structs.replace(PLAN, kv_cache=kv_cache)
    found = writing_figures({"trained": built_from(plan)}, 24, torch.device("cpu"), nullcontext)["trained"]
    assert all(value > 0 for value in found.values())
    if kv_cache == "none":
        assert set(found) == {"inference_tokens_per_s"}
        return
    vector = 8 * 4 if kv_cache == "full" else 8 + 4
    assert found["cache_bytes"] == 2 * plan.n_layer * 4 * 24 * vector
    assert found["prefill_tokens_per_s"] * found["first_token_s"] == pytest.approx(16)
    assert found["cached_prefill_tokens_per_s"] * found["cached_first_token_s"] == pytest.approx(16)


def test_a_run_with_a_cache_learns_and_writes_the_same(tmp_path: Path) -> None:
    plain = run(tmp_path / "plain", tiny(tmp_path))
    cached = run(tmp_path / "cached", tiny(tmp_path, {"kv_cache": {}}))
    assert losses(plain) == losses(cached)
    texts = [[one.text for one in documents if isinstance(one, TextGenerated)] for documents in (plain, cached)]
    assert texts[0] == texts[1]
    assert "cache_bytes" not in ended(plain).summary
    assert ended(cached).summary["cache_bytes"] == 2 * 2 * 16 * 16 * 4


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 1e38])
def test_a_model_beyond_all_bounds_is_named_as_such(value: float) -> None:
    model = built_from(PLAN)
    with torch.no_grad():
        model.get_parameter("final_norm.weight").fill_(value)
    with pytest.raises(NotFinite):
        generate(model, PROMPT, 3, 24, 0.05, seed=1, step=0)
    assert not model.training


def test_a_run_whose_model_cannot_write_has_diverged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing_to_draw_from(*_: object, **__: object) -> torch.Tensor:
        raise NotFinite

    monkeypatch.setattr("gpulab.engine.run.generate", nothing_to_draw_from)
    last = ended(run(tmp_path / "run", tiny(tmp_path)))
    assert (last.status, last.reason, last.step) == ("failed", "diverged", 0)


def test_a_compressed_model_that_cannot_write_is_a_fact_and_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compress = Quantization.compress

    def ruin(self: Quantization, model: Any, state: Any) -> Any:
        model = compress(self, model, state)
        with torch.no_grad():
            model.token_embedding.weight.fill_(float("inf"))
        return model

    monkeypatch.setattr(Quantization, "compress", ruin)
    documents = run(tmp_path / "run", tiny(tmp_path, {"quantization": {}}))
    assert ended(documents).status == "done"
    assert ended(documents).summary["val_loss"] > 0
    assert ended(documents).summary["compressed"]["val_loss"] is None
    assert [one.severity for one in documents if isinstance(one, Notice) and one.key == "compressed_cannot_write"]
    assert not [one for one in documents if isinstance(one, TextGenerated) and one.variant == "compressed"]
