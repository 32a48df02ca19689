"""Deduplication (A1): what stands in the training text many times is learned by heart instead of understood.

Only the training text loses its copies, so that the held-out span is the same with and without.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from gpulab.spec.experiment import Settings
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique

if TYPE_CHECKING:
    from gpulab.text.documents import Document
    from gpulab.text.separating import Split


class DeduplicationSettings(Settings, frozen=True):
    unit: Annotated[
        Literal["lines", "paragraphs"],
        about(
            "What is compared",
            "Whether a line or a whole paragraph must be the same to count as a copy.",
            labels={"lines": "Lines", "paragraphs": "Paragraphs"},
        ),
    ] = "lines"
    minimum_length: Annotated[
        int,
        about(
            "Shortest copy",
            "Shorter ones stay however often they are there: verse and drama repeat names and cries on purpose.",
            unit="characters",
            low=1,
            high=100_000,
        ),
    ] = 30


class Deduplication(Technique):
    name = "deduplication"
    card = "A1"
    label = "Deduplication"
    summary = "Keeps only the first copy of each line or paragraph of the training text."
    promise = "No step is spent on what was read before, and less is learned by heart."
    risk = "Refrains and set phrases are repeated on purpose: a model that met them once will not expect them again."
    sources = ("Lee et al.: Deduplicating Training Data Makes Language Models Better (2021), arXiv:2107.06499",)
    Settings = DeduplicationSettings

    def prepare_text(self, documents: Sequence[Document], split: Split) -> Sequence[Document]:
        if split != "train":
            return documents
        between = "\n" if self.settings.unit == "lines" else "\n\n"
        seen: set[bytes] = set()
        return [
            msgspec.structs.replace(document, text=between.join(self._first_copies(document.text.split(between), seen)))
            for document in documents
        ]

    def _first_copies(self, pieces: Sequence[str], seen: set[bytes]) -> list[str]:
        """The pieces without those in `seen`, which grows; white space at the ends makes no piece different."""
        import hashlib  # the window reads this file before its first paint, and hashes nothing then

        kept = []
        for piece in pieces:
            words = piece.strip()
            if len(words) >= self.settings.minimum_length:
                mark = hashlib.blake2b(words.encode(), digest_size=16).digest()
                if mark in seen:
                    continue
                seen.add(mark)
            kept.append(piece)
        return kept
