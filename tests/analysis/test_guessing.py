"""The blind test: chances against their definition, and no verdict before it can be one."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpulab.analysis.guessing import SURE, by_chance, fewest, needed, saying, told_apart
from tests.analysis.judgements import spoken


@given(st.integers(1, 30), st.data())
def test_the_chance_is_the_exact_sum(guesses: int, data: st.DataObject) -> None:
    right = data.draw(st.integers(0, guesses))
    exact = sum(math.comb(guesses, k) for k in range(right, guesses + 1)) / 2**guesses
    assert by_chance(right, guesses) == pytest.approx(exact)


def test_four_right_guesses_are_too_few_and_five_decide() -> None:
    assert fewest() == 5
    assert told_apart(4, 4).answer == "too_few"
    assert told_apart(5, 5).answer == "told_apart"
    assert told_apart(5, 5, planned=10).answer == "too_few", "a plan holds, however well it begins"
    assert told_apart(6, 10).answer == "not_told_apart"
    assert told_apart(5, 10).answer == "no_better"
    assert told_apart(0, 0).answer == "too_few"


def test_a_room_of_mere_guessers_is_seldom_found_to_tell() -> None:
    for planned in (5, 10, 17):
        wrong = sum(
            math.comb(planned, right) / 2**planned
            for right in range(planned + 1)
            if told_apart(right, planned, planned).answer == "told_apart"
        )
        assert wrong <= SURE


@pytest.mark.parametrize("skill", [0.7, 0.9, 1.0])
def test_the_planned_number_finds_a_room_of_that_skill(skill: float) -> None:
    guesses = needed(skill)
    least = next(right for right in range(guesses + 1) if by_chance(right, guesses) <= SURE)
    power = sum(math.comb(guesses, k) * skill**k * (1 - skill) ** (guesses - k) for k in range(least, guesses + 1))
    assert power >= 0.8


def test_counts_that_cannot_be_are_refused() -> None:
    for right, guesses in ((-1, 3), (4, 3)):
        with pytest.raises(ValueError, match="cannot be right"):
            told_apart(right, guesses)
    with pytest.raises(ValueError, match="cannot be told"):
        needed(0.5)


def test_what_the_room_hears() -> None:
    assert spoken(saying(told_apart(9, 10))) == (
        "The room can tell them apart: 9 of 10 guesses were right, which mere guessing does with a chance of 1.07 %."
    )
    assert "0.098 %" in spoken(saying(told_apart(10, 10)))
    assert "At least 1 more" in spoken(saying(told_apart(4, 4)))
    assert f"{needed(0.7)} guesses in a new round" in spoken(saying(told_apart(7, 10)))
    assert "no better than mere guessing" in spoken(saying(told_apart(2, 10)))
