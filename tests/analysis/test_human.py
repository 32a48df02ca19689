"""Loss in plain units: said only where the figures carry it, and never beyond them."""

from __future__ import annotations

import pytest

from gpulab.analysis.changes import Change
from gpulab.analysis.human import guesses, guessing, leaving_out, training_left_out
from tests.analysis.judgements import change, judged, spoken
from tests.analysis.test_reaching import by_seed, curve

WORSE = change("test_bits_per_byte", "worse", 1.9, 0.02, 0.005)


def right(base: float, by: float, spread: float = 0.004) -> Change:
    return change("test_accuracy", "too_few", base, by, spread)


def test_guesses_out_of_a_hundred() -> None:
    found = guesses(judged(WORSE, right(0.55, -0.018, 0.006)), "b", "character")
    assert found is not None
    assert (
        spoken(guessing(found)) == "It guesses the next character right 54 instead of 55 times in 100 (53.7 to 54.3)."
    )


def test_so_many_that_they_differ() -> None:
    found = guesses(judged(WORSE, right(0.5512, -0.005)), "b", "piece")
    assert found is not None
    assert (found.out_of, found.base, found.value) == (1000, 551, 548)
    assert found.low <= found.value <= found.high
    assert "548 instead of 551 times in 1,000" in spoken(guessing(found))
    assert found.low <= found.value <= found.high < 551


@pytest.mark.parametrize(
    ("quality", "accuracy"),
    [
        (change("test_bits_per_byte", "same", 1.9, 0.001), right(0.55, -0.018)),
        (change("test_bits_per_byte", "too_few", 1.9, 0.02), right(0.55, -0.018)),
        (change("test_bits_per_byte", "better", 1.9, -0.02), right(0.55, -0.018)),
        (WORSE, right(0.55, -0.003)),
        (WORSE, change("test_accuracy", "too_few", 0.55, -0.02, pairs=1)),
    ],
)
def test_nothing_is_said_that_the_figures_do_not_carry(quality: Change, accuracy: Change) -> None:
    assert guesses(judged(quality, accuracy), "b", "character") is None
    assert guesses(judged(quality), "b", "character") is None


def test_what_was_lost_as_training_left_out() -> None:
    curves = by_seed()
    found = training_left_out(judged(WORSE), "b", curves)
    assert found is not None
    assert 0 < found.seconds.low < found.seconds.value < found.seconds.high < found.whole
    one = curves[2]
    level = one.last * 1.02
    after = [value for second, value in zip(one.seconds, one.values, strict=True) if second > 10.2 - found.seconds.low]
    assert max(after) < level, "nearer to the end it was better than that"
    assert "less training of 10 s" in spoken(leaving_out(found))


def test_no_training_is_left_out_where_nothing_was_lost_or_the_curve_does_not_tell() -> None:
    assert training_left_out(judged(change("test_bits_per_byte", "better", 1.9, -0.02)), "b", by_seed()) is None
    assert training_left_out(judged(change("test_bits_per_byte", "worse", 1.9, 9.0)), "b", by_seed()) is None
    assert training_left_out(judged(WORSE), "b", {}) is None
    single = change("test_bits_per_byte", "worse", 1.9, 0.02, pairs=1)
    assert training_left_out(judged(single), "b", {1: curve()}) is None
