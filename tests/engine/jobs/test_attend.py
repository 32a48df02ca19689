"""Looking into a model: the weights are those of the formula, and nothing is changed by looking."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from safetensors import safe_open

from gpulab.engine.jobs.attend import FILE, mean_distance
from gpulab.engine.layers.attention import Attention
from gpulab.engine.probes.looking_inside import look_inside
from gpulab.events.documents import AnyDocument, ArtifactSaved, Notice, Trial
from tests.engine.jobs.support import done, trials
from tests.engine.plans import TINY, built_from
from tests.engine.support import ended, run, tiny

PLAN = msgspec.structs.replace(TINY, n_head=4, n_embd=32, context_length=12, vocab_size=40)
TOKENS = torch.randint(40, (12,), generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"n_kv_head": 2},
        {"n_kv_head": 1, "attention": "naive"},
        {"shared_layers": 2},
        {"norm_placement": "post", "tied": False},
        {"bias": True, "normalization": "rmsnorm"},
    ],
    ids=str,
)
def test_the_weights_are_the_formula_s_and_looking_changes_nothing(options: dict[str, Any]) -> None:
    model = built_from(msgspec.structs.replace(PLAN, **options)).eval()
    parts = [part for part in model.modules() if isinstance(part, Attention)]
    mixed: list[torch.Tensor] = []
    read: list[torch.Tensor] = []
    hooks = [part.projection.register_forward_pre_hook(lambda _, inputs: mixed.append(inputs[0][0])) for part in parts]
    hooks += [part.qkv.register_forward_hook(lambda _, __, out: read.append(out[0])) for part in parts]
    with torch.no_grad():
        plain = model(TOKENS[None])[0]
        inside = look_inside(model, TOKENS)
    assert torch.equal(inside.logits, plain)
    layers = model.plan.n_layer
    assert len(inside.attention) == layers
    kv_heads, width = model.plan.kv_heads(0), model.plan.head_width
    for layer, weights in enumerate(inside.attention):
        q, k, v = torch.split(read[layer], [4 * width, kv_heads * width, kv_heads * width], dim=1)
        for head in range(4):
            shared = head // (4 // kv_heads)
            keys, values = (part[:, shared * width : (shared + 1) * width] for part in (k, v))
            for row in range(12):
                scores = keys[: row + 1] @ q[row, head * width : (head + 1) * width] / math.sqrt(width)
                expected = scores.exp() / scores.exp().sum()
                assert torch.allclose(weights[head, row, : row + 1], expected, atol=1e-6)
                assert not weights[head, row, row + 1 :].any()
            given = weights[head] @ values
            assert torch.allclose(given, mixed[layer][:, head * width : (head + 1) * width], atol=1e-5)
    for hook in hooks:
        hook.remove()
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_each_layer_s_guess_is_read_with_the_model_s_own_head() -> None:
    model = built_from(PLAN).eval()
    guesses = look_inside(model, TOKENS).guesses
    assert len(guesses) == PLAN.n_layer + 1
    with torch.no_grad():
        first = model.token_embedding(TOKENS) + model.position_embedding.weight[:12]
        assert torch.allclose(guesses[0], model.guess(first[None])[0, -1], atol=1e-6)
        after_one = model.blocks[0](first[None])
        assert torch.allclose(guesses[1], model.guess(after_one)[0, -1], atol=1e-6)
        assert torch.equal(guesses[-1], model(TOKENS[None])[0, -1])


def test_distance_counts_how_far_back() -> None:
    assert mean_distance(torch.eye(4)[None]) == 0.0
    assert mean_distance(torch.tensor([[[1.0, 0.0], [1.0, 0.0]]])) == 0.5


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    grouped = {"grouped_query_attention": {"kv_heads": 1}, "layer_sharing": {}, "quantization": {}}
    run(folder / "grouped", tiny(folder, grouped, steps=2))
    run(folder / "cnn", tiny(folder, {"architecture": {"kind": "cnn"}}, steps=2))
    return folder


def looked(place: Path, name: str = "grouped", **settings: Any) -> list[AnyDocument]:
    return done(place, "attend", tiny(place), **{"run": str(place / name), "prompt": "the quick", **settings})


def of(documents: list[AnyDocument], what: str) -> list[Trial]:
    return [one for one in trials(documents) if one.names["what"] == what]


def test_a_finished_run_is_looked_into(place: Path) -> None:
    documents = looked(place)
    assert ended(documents).status == "done"
    assert "".join(one.names["text"] for one in of(documents, "token")) == "the quick"
    (saved,) = [document for document in documents if isinstance(document, ArtifactSaved)]
    assert (saved.kind, saved.path) == ("attention", FILE)
    path = max((place / "jobs").glob(f"*/{FILE}"), key=lambda found: found.stat().st_mtime)
    assert path.stat().st_size == saved.bytes
    with safe_open(path, framework="np") as file:
        assert set(file.keys()) == {"layer.0", "layer.1"}
        weights = file.get_tensor("layer.1")
    assert (weights.shape, str(weights.dtype)) == ((2, 9, 9), "float16")
    assert abs(weights.astype("float64").sum(-1) - 1).max() < 2e-3
    assert [one.values["layer"] for one in of(documents, "layer")] == [0, 1]
    following = of(documents, "next")
    assert [one.values["layer"] for one in following] == [0, 1, 2]
    chances = [following[-1].values[str(number)] or 0.0 for number in range(1, 6)]
    assert chances == sorted(chances, reverse=True)
    assert set(following[-1].names) == {"what", "1", "2", "3", "4", "5"}


def test_the_end_of_a_long_prompt_is_read(place: Path) -> None:
    documents = looked(place, prompt="the lazy dog and the quick brown fox")
    assert len(of(documents, "token")) == 16
    assert [document.key for document in documents if isinstance(document, Notice)] == ["prompt_beyond_context"]


@pytest.mark.parametrize(
    ("name", "prompt", "reason", "field"),
    [("cnn", "the", "attend_needs_a_gpt", "run"), ("grouped", "Ü", "characters_unknown", "prompt")],
)
def test_what_cannot_be_looked_at_is_refused(place: Path, name: str, prompt: str, reason: str, field: str) -> None:
    end = ended(looked(place, name, prompt=prompt))
    assert (end.status, end.reason, end.arguments["field"]) == ("failed", reason, field)
