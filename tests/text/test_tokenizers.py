"""What goes through a tokenizer must come back unchanged, also after a checkpoint carried it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpulab.spec.problem import BadInput
from gpulab.text import tokenizers
from gpulab.text.tokenizers import Bytes, Characters, tokenizer_from


@given(st.text())
def test_any_text_comes_back(text: str) -> None:
    for tokenizer in (Bytes(), Characters.of(text)):
        ids = tokenizer.encode(text)
        assert tokenizer.decode(ids) == text
        assert tokenizer.decode(ids.tolist()) == text
        assert ids.dtype == np.uint16
        assert ids.max(initial=0) < max(tokenizer.vocab_size, 1)
        assert tokenizer_from(json.loads(json.dumps(tokenizer.state()))).encode(text).tolist() == ids.tolist()


def test_characters_are_numbered_in_code_point_order() -> None:
    tokenizer = Characters.of("hello, é𝄞")
    assert tokenizer.vocabulary == " ,ehloé𝄞"
    assert tokenizer.encode("hé").tolist() == [3, 6]


@given(st.text(min_size=1))
def test_unknown_characters_are_refused_by_name(text: str) -> None:
    known = Characters.of("abc")
    strange = sorted(set(text) - set("abc"))
    if not strange:
        assert known.decode(known.encode(text)) == text
        return
    with pytest.raises(BadInput) as refused:
        known.encode(text, field="prompt")
    problem = refused.value.problems[0]
    assert (problem.key, problem.field) == ("characters_unknown", "prompt")
    assert problem.arguments["characters"] == " ".join(strange[:10])


def test_bytes_that_form_no_character_are_shown_not_raised() -> None:
    assert Bytes().decode([0xE2, 0x82, 65]) == "\ufffdA"


def test_too_many_characters_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenizers, "MOST_CHARACTERS", 3)
    assert Characters.of("abc").vocab_size == 3
    with pytest.raises(BadInput, match=r"too_many_characters data\.tokenizer"):
        Characters.of("abcd")


@pytest.mark.parametrize("state", [{}, {"kind": "words"}, {"kind": "characters"}])
def test_a_state_from_elsewhere_is_refused(state: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="not the state of a tokenizer"):
        tokenizer_from(state)
