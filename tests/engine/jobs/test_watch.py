"""Words that a model's own writing is watched for: counted by side, told with intervals, changed by a skewed text."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpulab.engine.jobs import watch
from gpulab.events.documents import Trial
from gpulab.spec.decode import decode
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Watch
from gpulab.techniques import REGISTRY
from gpulab.words import sentence
from tests.engine.jobs.support import done, suggestions, trial, trials
from tests.engine.support import ended, run, tiny


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    run(tmp_path / "run", tiny(tmp_path))
    return tmp_path / "run"


def test_each_model_writes_and_what_it_read_is_counted_too(tmp_path: Path, trained: Path) -> None:
    settings = {"run": str(trained), "beside": str(trained), "texts": 3, "length": 20, "words": "fox dog"}
    documents = done(tmp_path, "watch", tiny(tmp_path), **settings)
    assert ended(documents).status == "done"
    made = trials(documents)
    assert [(one.names["what"], one.names["side"]) for one in made] == [
        *[("text", "model"), ("text", "beside")] * 3,
        ("training", "model"),
        ("training", "beside"),
        ("rate", "model"),
        ("rate", "beside"),
    ]
    assert made[-1].values == made[-2].values, "the same model and seed write the same"
    assert len(made) == watch.planned(Watch(**settings))  # type: ignore[arg-type]
    texts = [one.names["text"] for one in made[:6]]
    assert texts[::2] == texts[1::2], "the same model and seed write the same"
    assert len(set(texts)) == 3
    assert {len(text) for text in texts} == {20}
    read = made[-3].values
    assert (read["hits"] or 0) == (read["word fox"] or 0) + (read["word dog"] or 0) > 0
    again = trials(done(tmp_path, "watch", tiny(tmp_path), **settings))
    assert [one.names["text"] for one in again[:6]] == texts
    assert all(sentence(one.key, one.arguments) for one in suggestions(documents))


def test_what_cannot_be_watched_is_refused_at_its_setting(tmp_path: Path, trained: Path) -> None:
    def refused(**settings: str) -> tuple[str, object]:
        end = ended(done(tmp_path, "watch", tiny(tmp_path), **{"run": str(trained), **settings}))
        return end.reason, end.arguments["field"]

    assert refused(words="---") == ("word_typed_wrong", "words")
    assert refused(beside=str(tmp_path / "none"))[1] == "beside"
    assert refused(prompt="Ω")[1] == "prompt"


def text(side: str, hits: float) -> Trial:
    return trial(1, {"what": "text", "side": side, "text": ""}, **{"hits": hits, "words": 100.0, "word her": hits})


def told(made: list[Trial]) -> list[str]:
    found = watch.suggest(made, Experiment(), Watch())
    assert all(sentence(one.key, one.arguments) for one in found)
    return [one.key for one in found]


def test_rates_are_told_with_what_they_are_beside() -> None:
    own, many = [text("model", 2.0 + n % 2) for n in range(10)], [text("beside", 9.0 + n % 2) for n in range(10)]
    assert told(own) == ["watch_rate", "watch_which"]
    assert told(own + many) == ["watch_rate", "watch_fewer", "watch_which"]
    few = [text("beside", float(n % 2)) for n in range(10)]
    assert told(own + few)[1] == "watch_more"
    assert told(own + [text("beside", 2.5)] * 10)[1] == "watch_unsure"
    read = trial(1, {"what": "training", "side": "model"}, hits=250.0, words=10_000.0)
    assert told([*own, read])[1] == "watch_as_read"
    assert told([*own, trial(1, read.names, hits=900.0, words=10_000.0)])[1] == "watch_not_as_read"


def test_few_texts_leave_it_open() -> None:
    read = trial(1, {"what": "training", "side": "model"}, hits=250.0, words=10_000.0)
    made = [text("model", 2.0), text("beside", 4.0), read]
    assert told(made) == ["watch_few", "watch_beside", "watch_read", "watch_which"]


def test_nothing_is_told_where_nothing_was_written() -> None:
    assert told([text("model", 0.0)] * 10) == ["watch_none"]
    assert told([trial(1, {"what": "text", "side": "model", "text": ""}, hits=0.0, words=0.0)]) == [
        "watch_nothing_written"
    ]
    assert told([]) == []


def on_speeches(corpus: str, seed: int) -> Experiment:
    table = {
        "name": corpus,
        "model": {"n_layer": 2, "n_head": 2, "n_embd": 64, "context_length": 64},
        "data": {"corpus": corpus, "tokenizer": "bpe", "vocabulary_size": 512},  # letters alone learn words too slowly
        "training": {"steps": 300, "batch_size": 12, "learning_rate": 0.006, "eval_interval": 300, "seed": seed},
        "evaluation": {"windows": 4, "sample_length": 0},
        "device": "cpu",
        "threads": 1,
    }
    return decode(table, REGISTRY)


@pytest.mark.slow
def test_a_model_that_read_a_skewed_text_writes_skewed_text(tmp_path: Path) -> None:
    for corpus in ("speeches", "speeches_skewed"):
        assert ended(run(tmp_path / corpus, on_speeches(corpus, 1))).status == "done"
    settings = {"run": str(tmp_path / "speeches_skewed"), "beside": str(tmp_path / "speeches"), "texts": 40}
    documents = done(tmp_path, "watch", on_speeches("speeches_skewed", 1), **settings)
    assert [one.key for one in suggestions(documents)][1] == "watch_fewer"
    rates = {one.names["side"]: one.values for one in trials(documents) if one.names["what"] == "training"}
    even, skewed = (1000 * (rates[side]["hits"] or 0) / (rates[side]["words"] or 1) for side in ("beside", "model"))
    assert even > 20 > 5 > skewed
