"""A result is told in the unit in which the room guessed it."""

from __future__ import annotations

import pytest

from gpulab.lessons.bets import told
from gpulab.lessons.figures import Figure
from gpulab.spec.lesson import Bet
from tests.lessons.made import written

LESSON = written().lesson
ABOUT = "prune.most.change.test_bits_per_byte"


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [
        ("2.4×", 1.42, "2.4× (+142 %)"),
        ("+8.4 %", 0.084, "+8.4 %"),
        ("÷3.0", -0.667, "÷3.0 (−66.7 %)"),
        ("–", None, "–"),
    ],
)
def test_who_guessed_in_percent_hears_percent(text: str, value: float | None, said: str) -> None:
    bet = Bet(title="", question="", about=ABOUT)
    assert told(bet, LESSON, Figure(ABOUT, text=text, value=value)) == said


def test_who_guessed_a_number_hears_it_as_it_is() -> None:
    bet = Bet(title="", question="", about="prune.most.parameters")
    assert told(bet, LESSON, Figure(bet.about, text="12 k", value=12_000.0)) == "12 k"
