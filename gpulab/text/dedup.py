"""A document that appears twice would stand on both sides of a cut, so only its first copy is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from gpulab.text.documents import Document


def without_copies(documents: Sequence[Document]) -> list[Document]:
    """The documents, in order, each text once. White space at the ends does not make a text different.

    Repeated passages inside different documents are the business of `gpulab.text.leaks`.
    """
    first: dict[bytes, Document] = {}
    for document in documents:
        first.setdefault(hashlib.sha256(document.text.strip().encode()).digest(), document)
    return list(first.values())
