"""What comes through the one door must be the same each time, from the cache or fresh, and must hold no leak."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpulab.spec.problem import BadInput
from gpulab.text import cache, prepared
from gpulab.text.documents import Document
from gpulab.text.leaks import Spans
from gpulab.text.prepared import PreparedText, TokenizerName, check_length, prepare, vocabulary_size
from gpulab.text.separating import Edit
from gpulab.words import explain, sentence

TOKENIZERS: list[TokenizerName] = ["bytes", "characters", "bpe"]
bundled = functools.partial(prepare, path="", validation=0.1, test=0.1)


def same(one: PreparedText, other: PreparedText) -> bool:
    parts = all(np.array_equal(getattr(one, part), getattr(other, part)) for part in cache.PARTS)
    return parts and one.facts == other.facts and one.tokenizer.state() == other.tokenizer.state()


def entry() -> Path:
    (path,) = cache.folder().glob("*.npz")
    return path


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("corpus", ["shakespeare", "milton"])
def test_the_bundled_texts_are_ready_to_learn_from(corpus: str, tokenizer: TokenizerName) -> None:
    text = bundled(corpus, tokenizer=tokenizer)
    train, held_out, judged = (text.tokenizer.decode(getattr(text, part)).encode() for part in cache.PARTS)
    assert not len(Spans(held_out, judged).places_in(train))
    assert not len(Spans(judged).places_in(held_out))
    total = len(train) + len(held_out) + len(judged)
    assert len(held_out) == text.facts.validation_bytes == pytest.approx(total * 0.1, rel=0.4)
    assert len(judged) == text.facts.test_bytes == pytest.approx(total * 0.1, rel=0.4)
    assert vocabulary_size(corpus, "", tokenizer) == text.tokenizer.vocab_size


def test_the_second_time_comes_from_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = bundled("milton", tokenizer="characters")
    monkeypatch.setattr(prepared, "read_corpus", lambda name: pytest.fail("read again"))
    assert same(bundled("milton", tokenizer="characters"), fresh)


@pytest.mark.parametrize("damage", ["cut", "empty", "flipped", "nonsense", "pickle", "other numbers"])
def test_a_damaged_cache_is_made_again(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("".join(f"{number * 7919}\n" for number in range(2000)))
    again = functools.partial(prepare, "shakespeare", str(path), "characters", 0.1, 0.1)
    fresh = again()
    whole = entry().read_bytes()
    if damage == "pickle":
        np.savez(entry(), train=np.array([{}], object), validation=fresh.validation, test=fresh.test, facts=fresh.test)
    elif damage == "other numbers":
        np.savez(entry(), train=np.zeros(3), validation=fresh.validation, test=fresh.test, facts=fresh.test)
    else:
        middle = len(whole) // 2
        flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
        cut = {"cut": whole[:middle], "empty": b"", "flipped": flipped, "nonsense": b"not a zip"}
        entry().write_bytes(cut[damage])
    assert same(again(), fresh)
    assert entry().read_bytes() == whole


def test_every_setting_and_the_content_have_an_entry_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("".join(f"Line {number * 7919}\n" for number in range(500)))
    lower = Edit("lower", lambda documents, _: [Document(part.title, part.text.lower()) for part in documents])
    prepare("milton", str(path), "bytes", 0.1, 0.1)
    prepare("milton", str(path), "characters", 0.1, 0.1)
    prepare("milton", str(path), "bytes", 0.2, 0.1)
    prepare("milton", str(path), "bytes", 0.1, 0.2)
    prepare("milton", str(path), "bytes", 0.1, 0.1, [lower])
    assert len(list(cache.folder().iterdir())) == 5
    path.write_text(path.read_text() + "more\n")
    prepare("milton", str(path), "bytes", 0.1, 0.1)
    prepare("milton", str(path), "bytes", 0.1, 0.1)
    assert len(list(cache.folder().iterdir())) == 6


def test_a_cache_that_cannot_be_written_is_said_not_fatal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(cache, "folder", lambda: tmp_path / "file")
    assert [remark.key for remark in bundled("milton", tokenizer="bytes").facts.remarks] == ["text_not_cached"]


def test_old_entries_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "KEEP_BYTES", 100)
    tokens = {part: np.zeros(100, np.uint16) for part in cache.PARTS}
    assert cache.store("old", b"{}", tokens)
    assert cache.store("new", b"{}", tokens)
    assert entry().stem == "new"


def test_what_was_changed_is_said(tmp_path: Path) -> None:
    passage = "".join(map(chr, range(33, 113))) + "\n"
    body = "".join(f"{number * 7919}\n" for number in range(900))
    (tmp_path / "a.txt").write_text(passage + body)
    (tmp_path / "b.txt").write_text(body[::-1] + passage)
    (tmp_path / "c.txt").write_text(passage + body)
    (tmp_path / "d.pdf").write_text("x")
    text = prepare("milton", str(tmp_path), "bytes", 0.1, 0.1)
    said = {remark.key: remark.arguments for remark in text.facts.remarks}
    assert said == {
        "text_files_left_out": {"files": 1},
        "text_copies_dropped": {"documents": 1},
        "text_leaks_removed": {"bytes": len(passage)},
    }
    assert text.facts.removed_bytes == len(passage)
    assert text.facts.titles == ["a.txt", "b.txt"]
    assert all("{" not in sentence(key, arguments) for key, arguments in said.items())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text("abé\n", min_size=1, max_size=60), min_size=1, max_size=4))
def test_the_vocabulary_is_known_before_anything_is_prepared(texts: list[str], tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.txt").write_text(texts[number] if number < len(texts) else "")
    if not any(text.strip() for text in texts):
        return
    for tokenizer in TOKENIZERS:
        text = prepare("milton", str(tmp_path), tokenizer, 0.1, 0.1)
        guess = vocabulary_size("milton", str(tmp_path), tokenizer)
        if tokenizer == "bpe":  # a short text has fewer pairs than were asked for
            assert 256 <= text.tokenizer.vocab_size <= guess
        else:
            assert guess == text.tokenizer.vocab_size


def test_a_context_longer_than_a_part_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("0123456789" * 10)
    text = prepare("milton", str(tmp_path / "a.txt"), "bytes", 0.1, 0.1)
    check_length(text, 9)
    with pytest.raises(BadInput) as refused:
        check_length(text, 10)
    assert [problem.arguments["split"] for problem in refused.value.problems] == ["validation", "test"]
    assert {problem.field for problem in refused.value.problems} == {"model.context_length"}
    assert "10 tokens" in explain(refused.value.problems[0])
    assert "at least 11" in explain(refused.value.problems[0])
