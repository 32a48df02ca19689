"""Bits per byte compares runs only while all of them predict the same text: what an edit took away must be known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence


def lost_share(original: Sequence[str], edited: Sequence[str]) -> float:
    """The share (0 to 1) of the characters of `original` texts that did not survive in their `edited` counterparts.

    Characters are counted line by line, which is exact for edits within lines, such as lower-casing. Where a text
    lost or gained lines, the characters of every line that is gone count.
    """
    characters = sum(map(len, original))
    lost = sum(_lost(*pair) for pair in zip(original, edited, strict=True))
    return lost / characters if characters else 0.0


def _lost(original: str, edited: str) -> int:
    if original == edited:
        return 0
    before, after = original.split("\n"), edited.split("\n")
    if len(before) == len(after):
        pairs = zip(before, after, strict=True)
        return sum((Counter(line) - Counter(other)).total() for line, other in pairs if line != other)
    gone = Counter(before) - Counter(after)
    return sum(len(line) * times for line, times in gone.items())
