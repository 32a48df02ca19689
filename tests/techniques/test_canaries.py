"""Planted secrets: the right lines, the right number of them, in the training text alone and at the ends of lines."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gpulab.spec.decode import decode
from gpulab.techniques import REGISTRY, TECHNIQUES, chosen
from gpulab.techniques.canaries import DIGITS, Canaries, CanariesSettings, secrets
from gpulab.techniques.deduplication import Deduplication
from gpulab.techniques.lower_casing import LowerCasing
from gpulab.text.documents import Document
from gpulab.text.experiment_text import text_of
from gpulab.text.prepared import PreparedText
from tests.engine.support import write_text

TEXTS = st.text(alphabet="ab \n", max_size=40)


@given(st.lists(TEXTS, max_size=5), st.integers(1, 5), st.integers(1, 5), st.integers(0, 3))
def test_every_secret_stands_there_so_often_and_nothing_else_changes(
    texts: list[str], count: int, repeats: int, draw: int
) -> None:
    settings = CanariesSettings(secrets=count, repeats=repeats, draw=draw)
    documents = [Document(str(index), text) for index, text in enumerate(texts)]
    planted = Canaries(settings).prepare_text(documents, "train")
    lines = Counter(line for document in planted for line in document.text.split("\n"))
    expected = {secret.line: repeats if any(texts) else 0 for secret in secrets(settings)}
    assert {line: lines[line] for line in expected} == expected
    rest = [[line for line in document.text.split("\n") if line not in expected] for document in planted]
    assert rest == [text.split("\n") for text in texts]
    assert Canaries(settings).prepare_text(documents, "validation") == documents
    assert Canaries(settings).prepare_text(documents, "test") == documents


def test_secrets_have_names_of_their_own_and_six_digits() -> None:
    made = secrets(CanariesSettings(secrets=200, draw=7))
    assert len({secret.name for secret in made}) == 200
    assert all(re.fullmatch(rf"\d{{{DIGITS}}}", secret.digits) for secret in made)
    assert made[0].line == f"the secret number of {made[0].name} is {' '.join(made[0].digits)}"
    assert made[:8] == secrets(CanariesSettings(draw=7))
    assert made[:8] != secrets(CanariesSettings(draw=8))


def test_they_come_before_whatever_else_is_done_to_the_text() -> None:
    edits = [one for one in TECHNIQUES if one(one.Settings()).edits_text()]
    assert edits[0] is Canaries
    assert {LowerCasing, Deduplication} <= set(edits)


def _prepared(path: Path, **techniques: dict[str, int]) -> PreparedText:
    data = {"path": str(path), "tokenizer": "characters"}
    experiment = decode({"data": data, "model": {"context_length": 16}, "techniques": techniques}, REGISTRY)
    return text_of(experiment, chosen(experiment))


def test_runs_with_secrets_stay_comparable_and_deduplication_takes_all_but_one_away(tmp_path: Path) -> None:
    path = write_text(tmp_path)
    wanted = {"secrets": 3, "repeats": 20}
    plain, planted = _prepared(path), _prepared(path, canaries=wanted)
    cleaned = _prepared(path, canaries=wanted, deduplication={})
    assert planted.facts.comparable
    for text in (planted, cleaned):
        assert text.tokenizer.decode(text.test) == plain.tokenizer.decode(plain.test)
    for secret in secrets(CanariesSettings(secrets=3)):
        assert planted.tokenizer.decode(planted.train).count(secret.line) == 20
        assert cleaned.tokenizer.decode(cleaned.train).count(secret.line) == 1
