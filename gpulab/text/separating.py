"""Cutting, editing and clearing of leaks only keep the held-out text honest in this one order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from gpulab.text.documents import SEPARATOR, Balance, Document, balance, joined
from gpulab.text.leaks import without_leaks
from gpulab.text.losses import lost_share
from gpulab.text.splitting import cut

Split = Literal["train", "validation", "test"]


class Edit(msgspec.Struct, frozen=True):
    """A change to the documents before they become tokens, applied to each part on its own, whose name it is told.

    `key` names the change with all of its settings (`"lower_case"`): equal keys must mean equal changes. `label` is
    what a person calls it.
    """

    key: str
    apply: Callable[[Sequence[Document], Split], Sequence[Document]]
    label: str = ""


class EditFailed(Exception):
    """An edit raised; the cause is chained. `name` is the first word of the edit's key."""

    def __init__(self, edit: Edit) -> None:
        super().__init__(edit.key)
        self.name = edit.key.partition(" ")[0]


class Parts(msgspec.Struct, frozen=True):
    """Three texts that share no 64-byte span, with the UTF-8 bytes of the ORIGINAL text that each stands for.

    `test_documents` are the titles of the documents in `test` and their bytes, in order.
    `test` is never shortened, so its span is the same whatever the edits. Where lines were removed from an edited
    validation text, its original bytes are taken in proportion. `alphabet` is the edited text, nothing removed.

    `shortened` holds, for each edit that changed anything, how many bytes it took from the training text (fewer than
    0 where it added some). `comparable` is whether the held-out text is still the original; where it is not,
    `lost_share` of its characters (0 to 1) are gone. `balance` is that of the training documents before any edit.
    """

    train: str
    validation: str
    test: str
    train_bytes: int
    validation_bytes: int
    test_bytes: int
    removed_from_train_bytes: int
    removed_from_validation_bytes: int
    test_documents: list[tuple[str, int]]
    alphabet: str
    shortened: dict[str, int]
    comparable: bool
    lost_share: float
    balance: Balance


def separate(documents: Sequence[Document], validation: float, test: float, edits: Sequence[Edit] = ()) -> Parts:
    """The documents cut by the shares `validation` and `test`, each part edited, then cleared of leaks."""
    pieces = cut(documents, validation, test)
    originals = [joined(piece) for piece in (pieces.train, pieces.validation, pieces.test)]
    shortened: dict[str, int] = {}
    train = joined(edited(pieces.train, "train", edits, shortened))
    held_out = joined(edited(pieces.validation, "validation", edits, shortened))
    judged_documents = edited(pieces.test, "test", edits, shortened)
    judged = joined(judged_documents)
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
        test_documents=[(document.title, len(document.text.encode())) for document in judged_documents],
        alphabet="".join([SEPARATOR if len(documents) > 1 else "", train, held_out, judged]),
        shortened=shortened,
        comparable=originals[1:] == [held_out, judged],
        lost_share=lost_share(originals[1:], [held_out, judged]),
        balance=balance(pieces.train),
    )


def edited(
    documents: Sequence[Document], split: Split, edits: Sequence[Edit], shortened: dict[str, int]
) -> Sequence[Document]:
    """The documents of one part after all `edits`; adds to `shortened` what `Parts` says of it."""
    for edit in edits:
        before, documents = documents, _applied(edit, documents, split)
        if list(before) != list(documents):
            taken = _size(before) - _size(documents) if split == "train" else 0
            shortened[edit.label] = shortened.get(edit.label, 0) + taken
    return documents


def _applied(edit: Edit, documents: Sequence[Document], split: Split) -> Sequence[Document]:
    try:
        return edit.apply(documents, split)
    except Exception as error:
        raise EditFailed(edit) from error


def _size(documents: Sequence[Document]) -> int:
    return len(joined(documents).encode())


def _original_bytes(original: str, edited: str, kept: str) -> int:
    size, edited_size, kept_size = (len(text.encode()) for text in (original, edited, kept))
    return size if kept_size == edited_size else round(size * kept_size / edited_size)
