"""Tokens that are shown as they come: joined they are the whole text, and no piece ends in half a character."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpulab.text.bpe import BPE
from gpulab.text.streaming import Stream, shown
from gpulab.text.tokenizers import AnyTokenizer, Bytes, Characters

TEXT = "naïve café, 中文 and 🦊 — the quick brown fox"
BY_NAME: dict[str, AnyTokenizer] = {
    "bytes": Bytes(),
    "characters": Characters.of(TEXT + "\ufffd"),
    "bpe": BPE.trained(TEXT * 3, 280),
}


@pytest.mark.parametrize("name", BY_NAME)
def test_pieces_of_a_good_text_are_whole(name: str) -> None:
    known, stream = BY_NAME[name], Stream(BY_NAME[name])
    pieces = [stream.add([token]) for token in known.encode(TEXT).tolist()]
    assert "".join(pieces) == TEXT
    assert not any("\ufffd" in piece for piece in pieces)
    assert stream.rest() == ""


@given(tokens=st.lists(st.integers(0, 255), max_size=60), sizes=st.lists(st.integers(1, 5), min_size=60, max_size=60))
@pytest.mark.parametrize("name", ["bytes", "bpe"])
def test_whatever_a_model_writes_is_shown_in_full(name: str, tokens: list[int], sizes: list[int]) -> None:
    known, stream, pieces, at = BY_NAME[name], Stream(BY_NAME[name]), list[str](), 0
    for size in sizes:
        pieces.append(stream.add(tokens[at : at + size]))
        at += size
    assert "".join(pieces) + stream.rest() == known.decode(tokens)


def test_single_tokens_are_readable() -> None:
    assert [shown(BY_NAME["bytes"], token) for token in "é🦊"[0].encode()] == ["<C3>", "<A9>"]
    assert shown(BY_NAME["bytes"], ord("x")) == "x"
    assert shown(BY_NAME["characters"], BY_NAME["characters"].encode("\ufffd").tolist()[0]) == "\ufffd"
    bpe = BY_NAME["bpe"]
    assert "".join(shown(bpe, token) for token in bpe.encode(" quick").tolist()) == " quick"
