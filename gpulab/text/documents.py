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


def joined(documents: Sequence[Document]) -> str:
    """The documents as one text, in order, `SEPARATOR` between them."""
    return SEPARATOR.join(document.text for document in documents)
