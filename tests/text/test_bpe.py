"""Byte pairs must spell any text, restore it, and know exactly how many bytes they stand for."""

from __future__ import annotations

import functools
import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpulab.engine.evaluation import JUDGED_BYTES, final_exam
from gpulab.text import bpe
from gpulab.text.bpe import BPE
from gpulab.text.prepared import prepare
from gpulab.text.tokenizers import Bytes, Characters, tokenizer_from

SAMPLE = "Grüße, naïve café — the quick brown fox, the lazy dog's 1,234 \tbones.\n\n  Twice   told 🙂.\n" * 30


@functools.cache
def learned(size: int = 310) -> BPE:
    return BPE.trained(SAMPLE, size)


@given(st.text())
def test_any_text_comes_back_though_it_was_never_met(text: str) -> None:
    ids = learned().encode(text)
    assert learned().decode(ids) == learned().decode(ids.tolist()) == text
    assert learned().byte_count(ids) == len(text.encode())
    assert ids.dtype == np.uint16
    again = tokenizer_from(json.loads(json.dumps(learned().state())))
    assert again.encode(text).tolist() == ids.tolist()


@given(st.lists(st.integers(0, 309)))
def test_whatever_a_model_writes_has_exact_bytes(ids: list[int]) -> None:
    spelt = b"".join(learned()._spelt[token] for token in ids)
    assert learned().byte_count(np.array(ids, np.int64)) == len(spelt)
    assert learned().decode(ids) == spelt.decode("utf-8", errors="replace")


def test_the_256_bytes_come_first_and_merges_make_text_shorter() -> None:
    tokenizer = learned()
    assert tokenizer.vocab_size == 310
    assert sorted(tokenizer._spelt[:256]) == [bytes([byte]) for byte in range(256)]
    assert len(tokenizer.encode(SAMPLE)) < 0.6 * len(SAMPLE.encode())


def test_learning_is_repeatable_and_a_short_text_has_fewer_pairs() -> None:
    assert BPE.trained(SAMPLE, 310).state() == learned().state()
    assert BPE.trained("aaaa", 60_000).vocab_size < 260
    assert BPE.trained("", 300).vocab_size == 256


@given(st.lists(st.sampled_from(["a", "word", "é", " ", "\n", "\n\n", "\t", "1"]), max_size=80).map("".join))
def test_stretches_change_no_token(text: str) -> None:
    whole = learned().encode(text).tolist()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bpe, "_STRETCH", 5)
        assert "".join(bpe._stretches(text)) == text
        assert learned().encode(text).tolist() == whole


def test_merges_are_learned_from_the_training_part_alone() -> None:
    text = prepare("milton", "", "bpe", 0.1, 0.1, vocabulary_size=300)
    train = text.tokenizer.decode(text.train)
    assert BPE.trained(train, 300).state() == text.tokenizer.state()
    assert text.tokenizer.byte_count(text.test) == text.facts.test_bytes
    assert text.original_share("test") == text.original_share("validation") == 1.0


def test_every_size_has_an_entry_of_its_own() -> None:
    sizes = {prepare("milton", "", "bpe", 0.1, 0.1, vocabulary_size=size).tokenizer.vocab_size for size in (300, 310)}
    assert sizes == {300, 310}


@pytest.mark.parametrize("state", ["", "{}", "[]", '{"model": {"type": "BPE", "vocab": {"a": 0}}}'])
def test_a_state_from_elsewhere_is_refused(state: str) -> None:
    with pytest.raises(ValueError, match="not a byte-level tokenizer"):
        tokenizer_from({"kind": "bpe", "tokenizer": state})


@pytest.mark.parametrize("context_length", [32, 50_000])
def test_all_tokenizers_are_judged_up_to_the_same_byte(context_length: int) -> None:
    text = SAMPLE * 60
    known = (Bytes(), Characters.of(text), learned())
    judged = []
    for tokenizer in known:
        ids = tokenizer.encode(text)
        exam = final_exam(ids, tokenizer, context_length, 4)
        judged.append(exam.bytes + tokenizer.byte_count(ids[:1]))  # the first token has nothing to be guessed from
    assert max(judged) == min(judged) <= JUDGED_BYTES
    assert min(judged) > JUDGED_BYTES - 4


def test_the_window_does_not_import_the_library() -> None:
    code = "import sys, gpulab.text.prepared, gpulab.viewmodels.form; print('tokenizers' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"
