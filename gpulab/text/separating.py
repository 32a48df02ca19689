"""Cutting, editing and clearing of leaks only keep the held-out text honest in this one order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from gpulab.text.documents import SEPARATOR, Document, joined
from gpulab.text.leaks import without_leaks
from gpulab.text.splitting import cut

Split = Literal["train", "validation", "test"]


class Edit(msgspec.Struct, frozen=True):
    """A change to the documents before they become tokens, applied to each part on its own, whose name it is told.

    `key` names the change with all of its settings (`"lower_case"`): equal keys must mean equal changes.
    """

    key: str
    apply: Callable[[Sequence[Document], Split], Sequence[Document]]


class Parts(msgspec.Struct, frozen=True):
    """Three texts that share no 64-byte span, with the UTF-8 bytes of the ORIGINAL text that each stands for.

    `test` is never shortened, so its span is the same whatever the edits. Where lines were removed from an edited
    validation text, its original bytes are taken in proportion. `alphabet` is the edited text, nothing removed.
    """

    train: str
    validation: str
    test: str
    train_bytes: int
    validation_bytes: int
    test_bytes: int
    removed_from_train_bytes: int
    removed_from_validation_bytes: int
    alphabet: str


def separate(documents: Sequence[Document], validation: float, test: float, edits: Sequence[Edit] = ()) -> Parts:
    """The documents cut by the shares `validation` and `test`, each part edited, then cleared of leaks."""
    pieces = cut(documents, validation, test)
    originals = [joined(piece) for piece in (pieces.train, pieces.validation, pieces.test)]
    train = joined(_edited(pieces.train, "train", edits))
    held_out = joined(_edited(pieces.validation, "validation", edits))
    judged = joined(_edited(pieces.test, "test", edits))
    kept_held_out, removed_held_out = without_leaks(held_out, judged)
    kept_train, removed_train = without_leaks(train, kept_held_out, judged)
    return Parts(
        train=kept_train,
        validation=kept_held_out,
        test=judged,
        train_bytes=_original_bytes(originals[0], train, kept_train),
        validation_bytes=_original_bytes(originals[1], held_out, kept_held_out),
        test_bytes=len(originals[2].encode()),
        removed_from_train_bytes=removed_train,
        removed_from_validation_bytes=removed_held_out,
        alphabet="".join([SEPARATOR if len(documents) > 1 else "", train, held_out, judged]),
    )


def _edited(documents: Sequence[Document], split: Split, edits: Sequence[Edit]) -> Sequence[Document]:
    for edit in edits:
        documents = edit.apply(documents, split)
    return documents


def _original_bytes(original: str, edited: str, kept: str) -> int:
    size, edited_size, kept_size = (len(text.encode()) for text in (original, edited, kept))
    return size if kept_size == edited_size else round(size * kept_size / edited_size)
