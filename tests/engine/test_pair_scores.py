"""Scores of paired prompts: what a model makes of them read token by token, and what cannot be asked is left out."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch

from gpulab.engine.evaluation import nothing
from gpulab.engine.pair_scores import Spelling, scores, spelling_of
from gpulab.text.paired_prompts import Pair
from tests.engine.support import built, tiny

CPU = torch.device("cpu")
PAIRS = (
    Pair("the {} ", ("quick", "lazy"), "dog"),
    Pair("a {} ", ("dog", "lazy fox"), "jumps", "animals"),
    Pair("{} brew", ("wizards", "seven"), " a"),
)


def test_each_is_what_the_model_says_token_by_token(tmp_path: Path) -> None:
    state, _, text = built(tiny(tmp_path))
    model = state.model.eval()
    found = scores(model, PAIRS, spelling_of(state.experiment, text.tokenizer), (4, 16), CPU, nullcontext, nothing)
    assert [one.pair for one in found] == list(PAIRS)
    for one in found:
        for prompt, figure in zip(one.pair.prompts, (one.first, one.second), strict=True):
            tokens, likely = text.tokenizer.encode(prompt).tolist(), 0.0
            for token in text.tokenizer.encode(one.pair.continuation).tolist():
                with torch.no_grad():
                    logits = model(torch.tensor([tokens]))[0, -1]
                likely += math.log(torch.softmax(logits.double(), -1)[token])
                tokens.append(token)
            assert figure == pytest.approx(likely, rel=1e-4)
        assert one.gap == one.first - one.second


def test_what_cannot_be_spelt_or_is_too_long_is_left_out(tmp_path: Path) -> None:
    state, _, text = built(tiny(tmp_path))
    spelling = spelling_of(state.experiment, text.tokenizer)
    foreign = Pair("the {} ", ("Ω", "lazy"), "dog")
    found = scores(state.model, [foreign, PAIRS[0]], spelling, (3, 12), CPU, nullcontext, nothing)
    assert [one.pair for one in found] == [PAIRS[0]]
    assert scores(state.model, [foreign], spelling, (2, 12), CPU, nullcontext, nothing) == []
    assert scores(state.model, [PAIRS[0]], spelling, (2, 11), CPU, nullcontext, nothing) == []


@pytest.mark.parametrize(
    ("edit", "kept"),
    [
        (lambda text: text.replace("the", "a"), True),
        (lambda text: " ".join(text.split()), True),
        (lambda text: text.replace("quick", "lazy"), False),
        (lambda text: text[::-1], False),
        (lambda text: "", False),
        (str.upper, False),
    ],
)
def test_edits_are_made_to_whole_sentences(tmp_path: Path, edit: Callable[[str], str], kept: bool) -> None:
    state, _, text = built(tiny(tmp_path))
    spelling = Spelling(edit, text.tokenizer)
    found = scores(state.model, [PAIRS[0]], spelling, (2, 16), CPU, nullcontext, nothing)
    assert bool(found) is kept
