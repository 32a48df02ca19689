"""The room's guesses: from what was typed to a guess, and who came closest once the figure is known."""

from __future__ import annotations

import math
import re

import msgspec

from gpulab.lessons.bets import Guess, in_percent, settled
from gpulab.lessons.figures import Figure
from gpulab.spec.lesson import Bet, Lesson

_NUMBER = re.compile(r"([+\-−–]?)\s*(\d+(?:[.,]\d+)*|[.,]\d+)\s*([kKMG]?)(?![a-zA-Z])")
_PREFIXES = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9}
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+")


class Ranked(msgspec.Struct, frozen=True):
    """A guess beside the result. `off` is how far it lies from it, in the bet's unit; `won` the closest or the true."""

    guess: Guess
    off: float
    won: bool


def number_in(text: str) -> float | None:
    """The first number of `text`, however it is written (`5`, `-3,5 %`, `12 k`); None where there is none."""
    found = _NUMBER.search(text)
    if found is None:
        return None
    sign, digits, prefix = found.groups()
    if "," in digits and "." not in digits and not _THOUSANDS.fullmatch(digits):
        digits = digits.replace(",", ".")
    digits = digits.replace(",", "")
    if digits.count(".") > 1:
        return None
    value = (-1.0 if sign in ("-", "−", "–") else 1.0) * float(digits) * _PREFIXES[prefix]
    return value if math.isfinite(value) else None


def guessed(bet: Bet, text: str, who: str = "") -> Guess | None:
    """What was typed as an answer to `bet`; None where it is none. Choices are typed by their number or name."""
    if not bet.choices:
        value = number_in(text)
        return None if value is None else Guess(value, who.strip())
    wanted = text.strip().lower()
    for place, choice in enumerate(bet.choices):
        if wanted and (wanted == str(place + 1) or choice.name.lower().startswith(wanted)):
            return Guess(float(place), who.strip())
    return None


def unit_of(bet: Bet, lesson: Lesson) -> str:
    """What a guess is counted in."""
    return "%" if in_percent(bet, lesson) else bet.unit


def ranked(bet: Bet, lesson: Lesson, guesses: tuple[Guess, ...], figure: Figure) -> tuple[Ranked, ...]:
    """The guesses, the closest first; as they came while nothing is known."""
    found = settled(bet, lesson, guesses, figure)
    answer = found.answer if not bet.choices else None
    told = [
        Ranked(guess, math.nan if answer is None else abs(guess.value - answer), place in found.winners)
        for place, guess in enumerate(guesses)
    ]
    return tuple(sorted(told, key=lambda one: (not one.won, one.off if answer is not None else 0.0)))
