"""No held-out passage may stand in the training text, however it got there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpulab.text import leaks
from gpulab.text.leaks import LONGEST_LINE, SPAN, span_hashes, without_leaks

lines = st.lists(st.text(alphabet="ab \né日𝄞", max_size=90), max_size=12).map("\n".join)


def spans(text: str) -> set[bytes]:
    content = text.encode()
    return {content[at : at + SPAN] for at in range(len(content) - SPAN + 1)}


@given(st.data(), lines, lines)
def test_no_span_of_the_held_out_text_is_left(data: st.DataObject, training: str, held_out: str) -> None:
    for _ in range(data.draw(st.integers(0, 4))):  # plant repeats, whole or cut anywhere
        start = data.draw(st.integers(0, len(held_out)))
        end = data.draw(st.integers(start, len(held_out)))
        at = data.draw(st.integers(0, len(training)))
        training = training[:at] + held_out[start:end] + training[at:]
    kept, removed = without_leaks(training, held_out)
    assert not spans(kept) & spans(held_out)
    assert removed == len(training.encode()) - len(kept.encode())
    if not spans(training) & spans(held_out):
        assert kept == training


@given(lines, lines)
def test_only_lines_that_touch_a_shared_span_go(training: str, held_out: str) -> None:
    kept, _ = without_leaks(training, held_out)
    remaining = iter(training.splitlines())
    assert all(line in remaining for line in kept.splitlines())  # a subsequence: nothing new, order kept


def test_a_span_one_byte_short_of_the_limit_stays() -> None:
    passage = "".join(chr(33 + at) for at in range(SPAN))
    assert without_leaks("before\n" + passage[:-1], passage) == ("before\n" + passage[:-1], 0)
    assert without_leaks("before\n" + passage, passage) == ("before\n", SPAN)


def test_removal_that_brings_a_shared_span_together_goes_on() -> None:
    first, second = "a" * 20 + "".join(map(chr, range(40, 60))), "".join(map(chr, range(60, 90))) + "\n"
    other = "".join(map(chr, range(33, 110)))[:70] + "\n"
    held_out = f"{first}\n{second}and\n{other}"
    kept, removed = without_leaks(f"{first}\n{other}{second}more\n", held_out)
    assert not spans(kept) & spans(held_out)
    assert removed == len(f"{first}\n{other}{second}")


def test_of_a_long_line_only_the_span_goes_with_whole_characters() -> None:
    passage = "".join(map(chr, range(0x3B1, 0x3B1 + 40)))  # 80 bytes of Greek
    around = "x" * (LONGEST_LINE + 1)
    assert without_leaks(around + passage + around, passage) == (around * 2, 80)
    shifted, removed = without_leaks(around + passage + around, passage.encode()[1:].decode(errors="ignore"))
    assert shifted.count("x") == 2 * len(around)
    assert removed == 78


def test_a_text_of_one_long_line_is_not_lost() -> None:
    text = " ".join(str(number) for number in range(20_000))
    kept, removed = without_leaks(text, text[1000:1200])
    assert removed == 200
    assert kept == text[:1000] + text[1200:]


@pytest.mark.parametrize("chunk", [1, 7, 64, 1000])
def test_hashing_in_stretches_finds_the_same_places(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = " ".join(str(number * 7919) for number in range(600)).encode()
    held_out = leaks.Spans(text[300:400], text[2000:2100])
    whole = held_out.places_in(text)
    monkeypatch.setattr(leaks, "_CHUNK", chunk)
    assert whole.tolist() == [*range(300, 337), *range(2000, 2037)]
    assert np.array_equal(held_out.places_in(text), whole)


def test_equal_spans_hash_equally_and_different_ones_do_not() -> None:
    rng = np.random.default_rng(0)
    text = np.concatenate([rng.integers(0, 4, 5000, np.uint8)] * 2)
    hashes = span_hashes(text)
    assert np.array_equal(hashes[: 5000 - SPAN + 1], hashes[5000:])
    assert len(np.unique(hashes)) == len({text[at : at + SPAN].tobytes() for at in range(len(hashes))})
