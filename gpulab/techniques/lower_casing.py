"""Lower-casing (A1): capitals become small letters, in training and in what is judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from gpulab.techniques.base import Technique

if TYPE_CHECKING:
    from gpulab.text.documents import Document
    from gpulab.text.separating import Split


class LowerCasing(Technique):
    """Every part is lower-cased, or the model would be judged on letters that it never saw.

    Runs with it are therefore not comparable in bits per byte; `gpulab.text.separating` finds that out by itself.
    """

    name = "lower_casing"
    card = "A1"
    label = "Lower-casing"
    summary = "Turns capital letters into small ones."
    promise = "The same word is the same everywhere, and there are fewer characters to learn."
    risk = "Names, sentence beginnings and speakers can no longer be told apart, and the model never writes a capital."
    sources = (
        "Uysal, Gunal: The impact of preprocessing on text classification (2014), doi.org/10.1016/j.ipm.2013.08.006",
    )

    def prepare_text(self, documents: Sequence[Document], split: Split) -> Sequence[Document]:
        return [msgspec.structs.replace(document, text=document.text.lower()) for document in documents]
