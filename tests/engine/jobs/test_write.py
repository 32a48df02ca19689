"""The playground's writing: real models side by side, in pieces that are whole, and the same text again."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from gpulab.engine.desk import Desk, Outcome
from gpulab.engine.generation import generate
from gpulab.engine.jobs import write
from gpulab.engine.model_file import load_model, save_model
from gpulab.engine.worker import work
from gpulab.events.documents import AnyDocument, Notice, Trial
from gpulab.events.log import read_all
from gpulab.spec.decode import decode, encode
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Write
from gpulab.techniques import REGISTRY
from gpulab.text.earlier import tokenizer_in
from tests.engine.jobs.support import asked, done, suggestions, trial, trials
from tests.engine.support import ended, run, tiny

FIGURES = ("tokens", "seconds", "first_token_s", "tokens_per_s", "memory_bytes")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of several kinds: plain, compressed, with other pieces, without attention."""
    folder = tmp_path_factory.mktemp("runs")
    kinds: dict[str, dict[str, dict[str, Any]]] = {
        "plain": {},
        "pruned": {"head_pruning": {"amount": 0.5}, "quantization": {"scheme": "int8_weight_only"}},
        "lstm": {"architecture": {"kind": "lstm"}},
        "cached": {"kv_cache": {"storage": "int8"}, "layer_sharing": {}, "lower_casing": {}},
    }
    for name, techniques in kinds.items():
        run(folder / name, tiny(folder, techniques, steps=3))
    table = encode(tiny(folder, steps=3))
    run(
        folder / "bpe",
        decode({**table, "data": {**table["data"], "tokenizer": "bpe", "vocabulary_size": 300}}, REGISTRY),
    )
    return folder


def wrote(place: Path, one: str = "plain", other: str = "", **settings: Any) -> list[AnyDocument]:
    runs = {"run_a": str(place / one)} | ({"run_b": str(place / other)} if other else {})
    return done(place, "write", tiny(place), **{"prompt": "the quick", "length": 40, **runs, **settings})


def of(documents: list[AnyDocument], what: str, model: str = "a") -> list[Trial]:
    return [one for one in trials(documents) if one.names["what"] == what and one.names["model"] == model]


def text(documents: list[AnyDocument], model: str = "a") -> str:
    return write.written(trials(documents), model)


def notices(documents: list[AnyDocument]) -> list[str]:
    return [document.key for document in documents if isinstance(document, Notice)]


def test_two_models_write_side_by_side(place: Path) -> None:
    documents = wrote(place, "plain", "pruned", top_k=500, top_p=0.9)
    assert ended(documents).status == "done"
    for model, file in (("a", "model.safetensors"), ("b", "compressed.safetensors")):
        (opened,), (closed,) = of(documents, "opened", model), of(documents, "written", model)
        assert opened.names["file"] == file
        assert (opened.values["context_length"], opened.values["prompt_tokens"], opened.values["cached"]) == (16, 9, 1)
        assert set(closed.values) == set(FIGURES)
        assert (closed.values["tokens"], closed.names["ended"]) == (40, "length")
        assert (closed.values["first_token_s"] or 0) < (closed.values["seconds"] or 0)
        assert (closed.values["memory_bytes"] or 0) > (opened.values["weight_bytes"] or 0)
        assert len(text(documents, model)) == 40
    (found,) = suggestions(documents)
    same = int(str(found.arguments["same"]))
    one, other = text(documents, "a"), text(documents, "b")
    assert one[:same] == other[:same]
    assert found.key == ("texts_equal" if one == other else "texts_differ")
    assert one == other or one[same] != other[same]


def test_the_text_is_the_one_that_the_training_would_write(place: Path) -> None:
    documents = wrote(place, length=60, temperature=0.7, seed=5, cache=False)
    tokenizer = tokenizer_in(place / "plain")
    prompt = torch.from_numpy(tokenizer.encode("the quick").astype("int64"))
    tokens = generate(load_model(place / "plain/model.safetensors"), prompt, 60, 16, 0.7, seed=5, step=0)
    assert text(documents) == tokenizer.decode(tokens.numpy())


@pytest.mark.parametrize(
    "settings", [{}, {"temperature": 0.0}, {"top_k": 3}, {"top_p": 0.5}, {"cache": False}], ids=str
)
def test_the_same_seed_writes_the_same_text(place: Path, settings: dict[str, Any]) -> None:
    one, other = (wrote(place, "plain", "plain", **settings) for _ in range(2))
    assert text(one, "a") == text(one, "b") == text(other, "a")
    assert suggestions(one)[0].key == "texts_equal"


def test_another_seed_writes_another_text_and_greedy_asks_no_seed(place: Path) -> None:
    assert text(wrote(place, seed=1)) != text(wrote(place, seed=2))
    assert text(wrote(place, seed=1, temperature=0.0)) == text(wrote(place, seed=2, temperature=0.0))


def test_models_without_attention_and_with_a_small_cache_write_too(place: Path) -> None:
    documents = wrote(place, "lstm", "cached", prompt="The Quick"[4:].lower())
    assert [len(text(documents, model)) for model in "ab"] == [40, 40]
    assert notices(documents) == ["cache_not_possible"]
    assert [of(documents, "opened", model)[0].values["cached"] for model in "ab"] == [0, 1]


def test_models_with_different_pieces_are_compared_by_their_text(place: Path) -> None:
    documents = wrote(place, "bpe", "plain")
    assert ended(documents).status == "done"
    pieces = [of(documents, "opened", model)[0].values["prompt_tokens"] for model in "ab"]
    assert (pieces[0] or 0) < (pieces[1] or 0)
    assert len(text(documents, "a")) > len(text(documents, "b")) == 40
    assert ended(wrote(place, "bpe", prompt="Ünknown 🦊")).status == "done"  # byte pairs spell everything
    assert ended(wrote(place, "bpe", "plain", prompt="Ünknown 🦊")).arguments["field"] == "prompt"


def test_the_run_s_own_edits_are_made_to_the_prompt(place: Path) -> None:
    assert text(wrote(place, "cached", prompt="THE QUICK")) == text(wrote(place, "cached", prompt="the quick"))


def test_prompts_at_the_edges(place: Path) -> None:
    assert notices(wrote(place, prompt="")) == ["prompt_empty"]
    long = wrote(place, prompt="the lazy dog " * 9)
    assert notices(long) == ["prompt_beyond_context"]
    assert text(long) == text(wrote(place, prompt=("the lazy dog " * 9)[-16:]))


@pytest.mark.parametrize(
    ("settings", "reason", "field"),
    [
        ({"prompt": "Ünknown"}, "characters_unknown", "prompt"),
        ({"run_b": "nowhere"}, "run_missing", "run_b"),
        ({"run_a": "nowhere"}, "run_missing", "run_a"),
    ],
)
def test_what_cannot_be_written_is_refused_in_words(
    place: Path, settings: dict[str, Any], reason: str, field: str
) -> None:
    end = ended(wrote(place, **settings))
    assert (end.status, end.reason, end.arguments["field"]) == ("failed", reason, field)


def test_a_run_that_is_not_finished_is_refused(place: Path) -> None:
    (place / "empty").mkdir(exist_ok=True)
    (place / "empty/experiment.toml").write_bytes((place / "plain/experiment.toml").read_bytes())
    (place / "empty/tokenizer.json").write_bytes((place / "plain/tokenizer.json").read_bytes())
    end = ended(wrote(place, "empty"))
    assert (end.status, end.reason, end.arguments["field"]) == ("failed", "model_unreadable", "run_a")


def test_a_stop_keeps_what_was_written(place: Path) -> None:
    job_dir = asked(place, "write", tiny(place), run_a=str(place / "plain"), prompt="the", length=100_000)
    desk = Desk(job_dir)
    looks: Iterator[Outcome] = iter([*["go_on"] * 30, "stop"])  # type: ignore[list-item]
    desk.look = lambda: next(looks)  # type: ignore[method-assign]
    work(job_dir, desk)
    documents = read_all(job_dir)
    assert ended(documents).status == "stopped"
    (closed,) = of(documents, "written")
    assert (closed.names["ended"], closed.values["tokens"]) == ("stopped", 30)
    assert len(text(documents)) == 30


def test_pieces_are_few(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "_EVERY_S", 1e9)
    assert len(of(wrote(place), "text")) == 2  # the first letter at once, the rest at the end
    monkeypatch.setattr(write, "_EVERY_S", 0.0)
    assert len(of(wrote(place), "text")) == 40


def test_a_model_beyond_all_bounds_stops_and_the_other_goes_on(place: Path) -> None:
    broken = place / "broken"
    run(broken, tiny(place, steps=2))
    model = load_model(broken / "model.safetensors")
    with torch.no_grad():
        model.token_embedding.weight.fill_(math.inf)
    save_model(model, broken / "model.safetensors")
    documents = wrote(place, "broken", "plain")
    assert ended(documents).status == "done"
    assert notices(documents) == ["model_cannot_write"]
    assert [of(documents, "written", model)[0].names["ended"] for model in "ab"] == ["not_finite", "length"]
    assert len(text(documents, "b")) == 40


def test_where_two_texts_part() -> None:
    def parted(one: str, other: str) -> tuple[str, object]:
        pieces = [("a", one[:2]), ("b", other), ("a", one[2:])]
        made = [trial(1, {"what": "text", "model": model, "text": piece}) for model, piece in pieces]
        (found,) = write.suggest(made, Experiment(), Write(run_a="x", run_b="y"))
        return found.key, found.arguments["same"]

    assert parted("abcd", "abxd") == ("texts_differ", 2)
    assert parted("abcd", "abcd") == ("texts_equal", 4)
    assert parted("abcd", "abcdef") == ("texts_equal", 4)
    assert parted("abcd", "xyz") == ("texts_differ", 0)
    assert write.suggest([], Experiment(), Write(run_a="x")) == []


def test_a_damaged_tokenizer_is_said(place: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "experiment.toml").write_bytes((place / "plain/experiment.toml").read_bytes())
    (broken / "tokenizer.json").write_text(json.dumps({"kind": "no"}))
    end = ended(done(place, "write", tiny(place), run_a=str(broken)))
    assert (end.status, end.reason, end.arguments["field"]) == ("failed", "tokenizer_unreadable", "run_a")
