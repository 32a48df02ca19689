"""A blind test: the room reads two texts at a time and guesses which one the second model wrote."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import msgspec

PIECE = 160
"""Characters of a text, about; it begins and ends between words."""
ROUNDS = 12
"""How often the room guesses at most."""
TOKENS = ROUNDS * PIECE
"""Tokens that are enough for all rounds where a token is a character."""


class Round(msgspec.Struct, frozen=True):
    """Two texts, and whether the second model's stands at the left."""

    left: str
    right: str
    second_left: bool


class Tasting:
    """The rounds of one test, and what was guessed. `guesses` has true where the room was right."""

    def __init__(self, first: str, second: str, seed: int) -> None:
        """`first` and `second` are long texts of both models; `seed` decides who stands where, round by round."""
        self.rounds = list(_rounds(first, second, random.Random(seed)))
        self.guesses: list[bool] = []

    @property
    def now(self) -> Round | None:
        """What the room reads now; None once all rounds are over."""
        return self.rounds[len(self.guesses)] if len(self.guesses) < len(self.rounds) else None

    @property
    def right(self) -> int:
        return sum(self.guesses)

    def guess(self, left: bool) -> bool:
        """The room says that the second model wrote the text at the left (or right); returns whether it did."""
        assert self.now is not None
        self.guesses.append(self.now.second_left == left)
        return self.guesses[-1]


def _rounds(first: str, second: str, chance: random.Random) -> Iterator[Round]:
    for one, other in zip(pieces(first), pieces(second), strict=False):
        if one != other:  # nobody can tell equal texts apart, and that would prove nothing
            second_left = chance.random() < 0.5
            yield Round(other, one, True) if second_left else Round(one, other, False)


def pieces(text: str, size: int = PIECE, most: int = ROUNDS) -> Sequence[str]:
    """Passages of about `size` characters, cut between words where there are any."""
    found: list[str] = []
    at = text.find(" ") + 1  # the first word belongs to the prompt
    while at < len(text) and len(found) < most:
        end = at + size
        if end < len(text):
            end = max(text.rfind(" ", at + size // 2, end), text.rfind("\n", at + size // 2, end))
            end = at + size if end < 0 else end
        elif len(text) - at < size // 2:
            break  # too short to judge
        found.append(text[at:end].strip())
        at = end + 1
    return [piece for piece in found if piece]
