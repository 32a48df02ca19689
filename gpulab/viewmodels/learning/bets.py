"""The room's guesses: from what was typed to a guess."""

from __future__ import annotations

import math
import re

from gpulab.lessons.bets import Guess
from gpulab.spec.lesson import Bet

_NUMBER = re.compile(r"([+\-−–]?)\s*(\d+(?:[.,]\d+)*|[.,]\d+)\s*([kKMG]?)(?![a-zA-Z])")
_PREFIXES = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9}
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+")


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
