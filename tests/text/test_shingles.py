"""Shared passages are found wherever they stand, near copies too, and what is not shared is not."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpulab.text import shingles
from gpulab.text.corpora import read_corpus
from gpulab.text.documents import Document, balance, joined
from gpulab.text.prepared import prepare
from gpulab.text.shingles import marks, met, near_copies, overlap, shared_share, words_in


def salad(letters: int, seed: int = 0) -> str:
    return "".join(random.Random(seed).choices("abcdefghijklmnopqrstuvwxyz \n", k=letters))


@given(st.binary(max_size=300), st.binary(max_size=300), st.integers(1, 4))
def test_what_is_met_is_what_stands_in_both(one: bytes, other: bytes, words: int) -> None:
    text, known = "".join(map(chr, one)), "".join(map(chr, other)) + "".join(map(chr, one[:150]))
    places, is_met = met(text, marks(known, words), words)
    spelt, among = text.encode(), known.encode()
    assert [spelt[place : place + 8 * words] in among for place in places.tolist()] == is_met.tolist()


def test_one_shingle_in_eight_is_kept_whatever_the_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    text = salad(40_000)
    places, _ = met(text, marks("", 3), 3)
    assert len(places) == pytest.approx(5_000, rel=0.1)
    monkeypatch.setattr(shingles, "_CHUNK", 1000)
    assert met(text, marks("", 3), 3)[0].tolist() == places.tolist()


@pytest.mark.parametrize(("every", "found"), [(10**6, True), (50, True), (12, False)])
def test_a_copy_with_a_change_here_and_there_is_a_near_copy(every: int, found: bool) -> None:
    text = salad(20_000)
    copy = "".join("#" if place % every == 0 else letter for place, letter in enumerate(text))
    copies, windows = near_copies(copy, marks(text, 3), 3)
    assert windows >= 38
    assert copies > 0.9 * windows if found else copies == 0


def test_another_text_shares_nothing_and_short_ones_are_no_trouble() -> None:
    known = marks(salad(20_000), 3)
    assert near_copies(salad(20_000, seed=1), known, 3)[0] == 0
    assert shared_share(salad(20_000, seed=1), known, 3) == 0.0
    for text in ("", "a", "a" * 23):
        assert (shared_share(text, known, 3), near_copies(text, known, 3)) == (0.0, (0, 0))
        assert len(marks(text, 3)) == 0


def test_a_shingle_is_as_long_in_any_script() -> None:
    assert [words_in(text) for text in ("", "letter", "буква", "字母文字")] == [3, 3, 6, 9]


def test_shakespeare_is_cut_without_near_copies() -> None:
    text = joined(read_corpus("shakespeare")[:20])
    cut = len(text) * 9 // 10
    found = overlap([text[cut:]], marks(text[:cut], 3), 3)
    assert found.windows > 100
    assert found.near_copies <= 0.005 * found.windows
    assert 0.0 < found.shared_share < 0.01


def test_marks_come_from_the_cache_and_are_made_again_without_it(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(salad(30_000))
    fresh = prepare("milton", str(tmp_path / "text.txt"), "characters", 0.1, 0.1)
    again = prepare("milton", str(tmp_path / "text.txt"), "characters", 0.1, 0.1)
    own = marks(fresh.tokenizer.decode(fresh.train), 3).tolist()
    assert fresh.marks.tolist() == again.marks.tolist() == own
    assert type(again)(again.tokenizer, again.train, again.validation, again.test, again.facts).marks.tolist() == own


def test_documents_are_weighed() -> None:
    even = balance([Document(str(number), "abcd") for number in range(5)])
    assert (even.documents, even.largest_share) == (5, 0.2)
    assert even.effective == pytest.approx(5.0)
    uneven = balance(
        [Document("small", "a"), Document("large", "b" * 98), Document("gone", ""), Document("third", "c")]
    )
    assert (uneven.documents, uneven.largest) == (3, "large")
    assert uneven.largest_share == 0.98
    assert uneven.effective == pytest.approx(10_000 / (98**2 + 2))
    assert balance([]).documents == 0
