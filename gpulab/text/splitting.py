"""Quality is judged on text that was never learned from, so the text is cut in three before anything reads it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import msgspec

from gpulab.text.documents import Document

NEAR = 0.03
"""Share of the text within which a cut moves to a better place."""


class Pieces(msgspec.Struct, frozen=True):
    """The documents of each part, in the text's order. A document that a cut went through stands in two parts."""

    train: list[Document]
    validation: list[Document]
    test: list[Document]


def cut(documents: Sequence[Document], validation: float, test: float) -> Pieces:
    """Training first, then validation, then test, each contiguous; shares are of the characters.

    A cut moves to the nearest end of a document if one is near, else of a paragraph, else of a line, else it stays.
    How near is at most a third of the smaller held-out part, so that no part vanishes.
    """
    total = sum(len(document.text) for document in documents)
    near = int(min(NEAR, validation / 3, test / 3) * total)
    first = _good_place(documents, round(total * (1 - validation - test)), near)
    second = _good_place(documents, round(total * (1 - test)), near)
    return Pieces(
        train=_between(documents, 0, first),
        validation=_between(documents, first, second),
        test=_between(documents, second, total),
    )


def _good_place(documents: Sequence[Document], target: int, near: int) -> int:
    ends = list(accumulate(len(document.text) for document in documents))
    nearest = min(ends, key=lambda end: abs(end - target), default=0)
    if abs(nearest - target) <= near:
        return nearest
    inside = next(index for index, end in enumerate(ends) if end > target)
    text = documents[inside].text
    start = ends[inside] - len(text)
    return start + _end_near(text, target - start, near)


def _end_near(text: str, at: int, near: int) -> int:
    """The place in `text` nearest to `at` where a paragraph or else a line ends, or `at` itself."""
    for mark in ("\n\n", "\n"):
        before = text.rfind(mark, max(at - near, 0), at)
        after = text.find(mark, at, at + near)
        places = [place + len(mark) for place in (before, after) if place >= 0]
        if places:
            return min(places, key=lambda place: abs(place - at))
    return at


def _between(documents: Sequence[Document], start: int, end: int) -> list[Document]:
    """The documents from character `start` to `end` of the whole text, those at the edges cut."""
    found: list[Document] = []
    at = 0
    for document in documents:
        text = document.text[max(start - at, 0) : max(end - at, 0)]
        if text:
            found.append(Document(document.title, text))
        at += len(document.text)
    return found
