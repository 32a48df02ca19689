"""Rates of words: over whole texts, with an upper end where nothing came up."""

from __future__ import annotations

import pytest

from gpulab.analysis.word_rates import more, pieces_of, rate
from gpulab.events.documents import Trial


def text(side: str, hits: float, words: float = 50.0) -> Trial:
    return Trial(number=1, seconds=1.0, values={"hits": hits, "words": words}, names={"what": "text", "side": side})


def test_a_rate_is_over_all_words_of_one_side() -> None:
    trials = [text("model", float(n % 3)) for n in range(12)] + [text("beside", 5.0, 100.0)] * 12
    own, other = pieces_of(trials, "model"), pieces_of(trials, "beside")
    found = rate(own)
    assert found.value == pytest.approx(20.0)
    assert 0.0 < found.low < 20.0 < found.high
    assert rate(other).value == pytest.approx(50.0)
    between = more(own, other)
    assert between.value == pytest.approx(-30.0)
    assert between.high < 0.0


def test_what_never_came_up_may_still_come_up() -> None:
    found = rate(pieces_of([text("model", 0.0)] * 20, "model"))
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(3.0)
