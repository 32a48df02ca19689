"""cuDNN's LSTM and the CNN repeat bit for bit, compute in 16 bits, and open again; a cache on a GPU writes the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from gpulab.engine.generation import generate
from gpulab.engine.layers.cache import Cache
from gpulab.engine.model_file import load_model
from gpulab.events.documents import TextGenerated
from tests.engine.plans import TINY, built_from, tokens_for
from tests.engine.support import ended, losses, run
from tests.gpu.support import Techniques, tiny_on_gpu

CASES: list[Techniques] = [
    {},
    {"precision": {"mode": "bf16"}},
    {"precision": {"mode": "fp16"}, "gradient_checkpointing": {}},
    {"precision": {"mode": "bf16_pure"}},
    {"pruning": {"when": "gradual"}, "ema": {}, "dropout": {"rate": 0.2}},
]


@pytest.mark.parametrize("kind", ["lstm", "cnn"])
@pytest.mark.parametrize("techniques", CASES, ids=str)
def test_a_comparator_repeats_itself(tmp_path: Path, kind: str, techniques: Techniques) -> None:
    experiment = tiny_on_gpu(tmp_path, {"architecture": {"kind": kind}, **techniques})
    first, second = (run(tmp_path / name, experiment) for name in ("first", "second"))
    assert ended(first).status == "done", ended(first)
    assert losses(first) == losses(second)
    load_model(tmp_path / "first" / "model.safetensors", torch.device("cuda:0"))


@pytest.mark.parametrize("kind", ["lstm", "cnn"])
def test_a_comparator_says_the_same_on_both_devices(kind: Any) -> None:
    plan = msgspec.structs.replace(TINY, architecture=kind)
    model, tokens = built_from(plan), tokens_for(plan)
    here = model(tokens)
    there = model.to("cuda:0")(tokens.to("cuda:0")).cpu()
    torch.testing.assert_close(there, here, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("storage", ["full", "int8"])
def test_a_cache_writes_on_a_gpu(tmp_path: Path, storage: str) -> None:
    experiment = tiny_on_gpu(tmp_path, {"kv_cache": {"storage": storage}, "precision": {"mode": "bf16"}})
    documents = run(tmp_path / "run", experiment)
    assert ended(documents).summary["cached_tokens_per_s"] > 0
    assert all(len(one.text) == 5 for one in documents if isinstance(one, TextGenerated))


def test_a_full_cache_writes_the_same_tokens_on_a_gpu() -> None:
    plan = msgspec.structs.replace(TINY, context_length=24)
    model, prompt = built_from(plan).to("cuda:0"), torch.tensor([3, 1, 4], device="cuda:0")
    plain, cached = (generate(model, prompt, 22, 24, 0.8, 1, 0, cache=cache) for cache in (None, Cache(plan)))
    assert torch.equal(plain, cached)
