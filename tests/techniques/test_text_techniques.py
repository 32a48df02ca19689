"""What cleaning a text takes away is known, and nobody's held-out text is shortened for a better figure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpulab.spec.decode import decode
from gpulab.techniques import REGISTRY, chosen
from gpulab.techniques.deduplication import Deduplication, DeduplicationSettings
from gpulab.techniques.header_stripping import HeaderStripping, HeaderStrippingSettings
from gpulab.techniques.unicode_normalization import UnicodeNormalization, UnicodeNormalizationSettings
from gpulab.text.documents import Document
from gpulab.text.experiment_text import text_of
from gpulab.text.leaks import Spans
from gpulab.text.losses import lost_share
from gpulab.text.prepared import PreparedText

TECHNIQUES = ["unicode_normalization", "lower_casing", "header_stripping", "deduplication"]

BOOK = """Title page
*** START OF THE PROJECT GUTENBERG EBOOK A BOOK ***
First line.
[Pg 12]
 - 13 -
Second line, in 1603.
1604 was quiet.
14
*** END OF THE PROJECT GUTENBERG EBOOK A BOOK ***
Licence."""


def _texts(documents: Sequence[Document]) -> list[str]:
    return [document.text for document in documents]


def _prepared(path: Path, techniques: Sequence[str], **evaluation: object) -> PreparedText:
    table = {
        "data": {"path": str(path), "tokenizer": "characters"},
        "model": {"context_length": 16},
        "techniques": {name: {} for name in techniques},
        "evaluation": evaluation,
    }
    experiment = decode(table, REGISTRY)
    return text_of(experiment, chosen(experiment))


def test_a_book_loses_its_licence_and_page_numbers_in_training_alone() -> None:
    strip = HeaderStripping(HeaderStrippingSettings())
    assert _texts(strip.prepare_text([Document("a", BOOK)], "train")) == [
        "First line.\nSecond line, in 1603.\n1604 was quiet."
    ]
    assert _texts(strip.prepare_text([Document("a", BOOK)], "test")) == [BOOK]
    tail = BOOK[BOOK.index("Second") :]  # a part that begins inside a book
    assert _texts(strip.prepare_text([Document("a", tail)], "train")) == ["Second line, in 1603.\n1604 was quiet."]
    pages = HeaderStripping(HeaderStrippingSettings(licences=False))
    assert "Licence." in _texts(pages.prepare_text([Document("a", BOOK)], "train"))[0]


def test_two_books_in_one_file_keep_both() -> None:
    stripped = HeaderStripping(HeaderStrippingSettings()).prepare_text([Document("a", BOOK + "\n" + BOOK)], "train")
    assert _texts(stripped)[0].count("First line.") == 2
    assert "Title page" not in _texts(stripped)[0]


@given(st.lists(st.text("ab \n", max_size=40), max_size=5), st.sampled_from(["lines", "paragraphs"]), st.integers(1, 9))
def test_deduplication_is_what_a_plain_loop_does(texts: list[str], unit: str, least: int) -> None:
    between = {"lines": "\n", "paragraphs": "\n\n"}[unit]
    seen: list[str] = []
    expected = []
    for text in texts:
        kept = []
        for piece in text.split(between):
            if len(piece.strip()) < least or piece.strip() not in seen:
                kept.append(piece)
            seen.append(piece.strip())
        expected.append(between.join(kept))
    technique = Deduplication(DeduplicationSettings(unit=unit, minimum_length=least))  # type: ignore[arg-type]
    documents = [Document("", text) for text in texts]
    assert _texts(technique.prepare_text(documents, "train")) == expected
    assert technique.prepare_text(documents, "validation") is documents


def test_the_two_forms_differ_where_meaning_was_written_differently() -> None:
    text = [Document("", "e\u0301 x² ﬁ")]
    nfc, nfkc = (UnicodeNormalization(UnicodeNormalizationSettings(form=form)) for form in ("nfc", "nfkc"))
    assert _texts(nfc.prepare_text(text, "test")) == ["é x² ﬁ"]
    assert _texts(nfkc.prepare_text(text, "test")) == ["é x2 fi"]


def test_lost_characters_are_counted() -> None:
    assert lost_share(["Ab\nC"], ["ab\nc"]) == pytest.approx(2 / 4)
    assert lost_share(["e\u0301a"], ["éa"]) == pytest.approx(2 / 3)
    assert lost_share(["one\ntwo\n"], ["one\n"]) == pytest.approx(3 / 8)
    assert lost_share(["same"], ["same"]) == 0.0
    assert lost_share([], []) == 0.0


@given(st.text("aBcÉ\n", max_size=50))
def test_lower_casing_loses_exactly_its_capitals(text: str) -> None:
    capitals = sum(character.isupper() for character in text)
    assert lost_share([text], [text.lower()]) == pytest.approx(capitals / len(text) if text else 0.0)


@pytest.fixture
def text_file(tmp_path: Path) -> Path:
    path = tmp_path / "a.txt"
    lines = [f"Line {number * 7919} Of The Text, long enough to be a copy of another\n" for number in range(400)]
    path.write_text("".join(lines[:200] * 2 + [line.upper() for line in lines[:40]] + lines[200:]))
    return path


@pytest.mark.parametrize("name", TECHNIQUES)
def test_runs_are_comparable_only_while_held_out_text_is_untouched(text_file: Path, name: str) -> None:
    plain, edited = _prepared(text_file, []), _prepared(text_file, [name])
    assert plain.facts.comparable
    held_out = [text.tokenizer.decode(text.test) for text in (plain, edited)]
    assert edited.facts.comparable == (held_out[0] == held_out[1]) == (name != "lower_casing")
    assert edited.facts.test_bytes == plain.facts.test_bytes
    warned = [remark.key for remark in edited.facts.remarks if remark.severity == "warning"]
    assert warned == ([] if edited.facts.comparable else ["held_out_text_changed"])
    assert (edited.facts.lost_share > 0.0) == (not edited.facts.comparable)


@pytest.mark.parametrize("names", [*([name] for name in TECHNIQUES), TECHNIQUES], ids=str)
def test_no_held_out_span_is_in_training_after_the_edits(text_file: Path, names: list[str]) -> None:
    text = _prepared(text_file, names)
    train, held_out, judged = (
        text.tokenizer.decode(part).encode() for part in (text.train, text.validation, text.test)
    )
    assert not len(Spans(held_out, judged).places_in(train))
    assert not len(Spans(judged).places_in(held_out))


def test_lower_casing_shows_leaks_that_capitals_hid(tmp_path: Path) -> None:
    numbers = [[(number + 1) * factor for factor in (7919, 104729, 1299709, 15485863)] for number in range(400)]
    lines = ["One {} Two {} Three {} Four {} A Line\n".format(*four) for four in numbers]
    path = tmp_path / "a.txt"
    path.write_text("".join([line.upper() for line in lines[-5:]] + lines))
    assert _prepared(path, []).facts.removed_bytes == 0
    assert _prepared(path, ["lower_casing"]).facts.removed_bytes >= 0.9 * sum(map(len, lines[-5:]))


def test_what_an_edit_took_is_said(text_file: Path) -> None:
    said = {remark.key: remark.arguments for remark in _prepared(text_file, ["deduplication"]).facts.remarks}
    assert said["text_edit_shortened"]["technique"] == "Deduplication"
    assert int(said["text_edit_shortened"]["bytes"] or 0) > 10_000
    idle = {remark.key: remark.arguments for remark in _prepared(text_file, ["header_stripping"]).facts.remarks}
    assert idle["text_edit_idle"] == {"technique": "Header stripping"}


def test_a_prompt_is_edited_as_the_text_is(text_file: Path) -> None:
    text = _prepared(text_file, ["lower_casing"], sample_prompt="LINE Of")
    assert text.prompt == "line of"
    assert len(text.tokenizer.encode(text.prompt)) == 7
