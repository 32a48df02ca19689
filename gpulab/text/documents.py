"""A document is the unit that cutting, cleaning and reporting all speak of."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

SEPARATOR = "\n\n"
"""What stands between two documents once they are joined."""


class Document(msgspec.Struct, frozen=True):
    """One text with the name a person knows it by (a work's title, a file's name)."""

    title: str
    text: str


class Balance(msgspec.Struct, frozen=True):
    """How evenly a text is made up of its documents; shares (0 to 1) are of its characters.

    `effective` is how many documents of equal length would be as even: 1 divided by the chance that two characters,
    drawn at random, are of one document (the inverse Simpson index; Hill: Diversity and Evenness, 1973).
    """

    documents: int
    largest: str
    largest_share: float
    effective: float


def balance(documents: Sequence[Document]) -> Balance:
    """That of `documents`; an empty one does not count."""
    lengths = {index: len(document.text) for index, document in enumerate(documents) if document.text}
    if not lengths:
        return Balance(0, "", 0.0, 0.0)
    whole, largest = sum(lengths.values()), max(lengths, key=lambda index: lengths[index])
    effective = whole**2 / sum(length**2 for length in lengths.values())
    return Balance(len(lengths), documents[largest].title, lengths[largest] / whole, effective)


def joined(documents: Sequence[Document]) -> str:
    """The documents as one text, in order, `SEPARATOR` between them."""
    return SEPARATOR.join(document.text for document in documents)
