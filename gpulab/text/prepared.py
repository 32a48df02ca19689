"""Everything that trains or judges gets its text through this one door, so that all of it is cut the same way.

A text is read, freed of copies, cut in three, edited, freed of leaks, then turned into tokens. Cutting comes before
editing on purpose: the held-out spans are then the same whatever edits or tokenizer a run chooses, which is what makes
bits per byte comparable between them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal

import msgspec

from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import Argument, BadInput, Problem
from gpulab.text import cache
from gpulab.text.corpora import corpus as bundled
from gpulab.text.corpora import read_corpus
from gpulab.text.dedup import without_copies
from gpulab.text.documents import Document, joined
from gpulab.text.reading import Reading, read_path
from gpulab.text.separating import Edit, Parts, separate
from gpulab.text.tokenizers import Bytes, Characters, Tokens, tokenizer_from

FORMAT = 1
"""Raised whenever the same input would give other tokens: it is part of the cache's key."""

TokenizerName = Literal["bytes", "characters"]


class Remark(msgspec.Struct, frozen=True):
    """Something a person should know of what preparing did, as a key of `gpulab.words` with its arguments."""

    key: str
    arguments: dict[str, Argument] = {}


class Facts(msgspec.Struct, frozen=True):
    """What is known of a prepared text besides its tokens. All counts of bytes are of UTF-8.

    `train_bytes`, `validation_bytes`, `test_bytes` count the ORIGINAL text that each part's tokens stand for: the
    denominators of bits per byte. `removed_bytes` were taken from training (and validation) because they repeat
    held-out text. `titles` name the documents, in order, copies left out.
    """

    tokenizer_state: dict[str, str]
    documents: int
    titles: list[str]
    train_bytes: int
    validation_bytes: int
    test_bytes: int
    removed_bytes: int
    content_hash: str
    remarks: list[Remark]


class PreparedText(msgspec.Struct, frozen=True):
    """A text ready to learn from: tokens of each part (uint16, shape (tokens,)), their tokenizer, the facts."""

    tokenizer: Bytes | Characters
    train: Tokens
    validation: Tokens
    test: Tokens
    facts: Facts


def prepare(
    corpus: str, path: str, tokenizer: TokenizerName, validation: float, test: float, edits: Sequence[Edit] = ()
) -> PreparedText:
    """The text at `path`, or the bundled `corpus` where `path` is empty, cut by the shares `validation` and `test`.

    Raises BadInput (`data.corpus`, `data.path`, `data.tokenizer`). The result comes from the cache where it can.
    """
    reading = read_path(path) if path else None
    content_hash = _hash_of(reading.documents) if reading else bundled(corpus).sha256
    settings = (FORMAT, content_hash, tokenizer, validation, test, [edit.key for edit in edits])
    key = hashlib.sha256(msgspec.json.encode(settings)).hexdigest()[:32]
    if (stored := _loaded(key)) is not None:
        return stored
    fresh = _prepared(reading or Reading(read_corpus(corpus)), content_hash, tokenizer, validation, test, edits)
    tokens = {"train": fresh.train, "validation": fresh.validation, "test": fresh.test}
    if cache.store(key, msgspec.json.encode(fresh.facts), tokens):
        return fresh
    remarks = [*fresh.facts.remarks, Remark("text_not_cached", {"path": str(cache.folder())})]
    return msgspec.structs.replace(fresh, facts=msgspec.structs.replace(fresh.facts, remarks=remarks))


def text_of(experiment: Experiment, edits: Sequence[Edit] = ()) -> PreparedText:
    """The text that `experiment` trains on, with everything about it checked: what it holds, its length, the prompt.

    Raises BadInput. The window, the command line and the worker all ask here, so that they refuse the same.
    """
    data = experiment.data
    prepared = prepare(data.corpus, data.path, data.tokenizer, data.validation_share, data.test_share, edits)
    check_length(prepared, experiment.model.context_length)
    prepared.tokenizer.encode(experiment.evaluation.sample_prompt, "evaluation.sample_prompt")
    return prepared


def vocabulary_size(corpus: str, path: str, tokenizer: TokenizerName) -> int:
    """How many tokens `prepare` without edits will know, for estimates: a bundled text is not even opened."""
    if tokenizer == "bytes":
        return Bytes.vocab_size
    if not path:
        return bundled(corpus).vocabulary
    return Characters.of(joined(without_copies(read_path(path).documents))).vocab_size


def check_length(prepared: PreparedText, context_length: int) -> None:
    """Raises BadInput (`model.context_length`) naming each part too short for one context plus the token after it."""
    lengths = {"training": prepared.train, "validation": prepared.validation, "test": prepared.test}
    needed = context_length + 1
    problems = [
        Problem(
            "text_too_short",
            "model.context_length",
            {"split": split, "tokens": len(tokens), "context_length": context_length, "needed": needed},
        )
        for split, tokens in lengths.items()
        if len(tokens) < needed
    ]
    if problems:
        raise BadInput(*problems)


def _hash_of(documents: Sequence[Document]) -> str:
    return hashlib.sha256(msgspec.json.encode(documents)).hexdigest()


def _loaded(key: str) -> PreparedText | None:
    entry = cache.load(key)
    if entry is None:
        return None
    try:
        facts = msgspec.json.decode(entry[0], type=Facts)
        tokenizer = tokenizer_from(facts.tokenizer_state)
    except (msgspec.MsgspecError, ValueError):
        return None
    return PreparedText(tokenizer=tokenizer, facts=facts, **entry[1])


def _prepared(
    reading: Reading, content_hash: str, tokenizer: TokenizerName, validation: float, test: float, edits: Sequence[Edit]
) -> PreparedText:
    documents = without_copies(reading.documents)
    parts = separate(documents, validation, test, edits)
    # The whole text's characters, held-out ones included: a character first met in the test text could not even be
    # written down otherwise, so its loss would be undefined. Knowing that a letter exists tells nothing of its use.
    known: Bytes | Characters = Bytes() if tokenizer == "bytes" else Characters.of(parts.alphabet)
    facts = Facts(
        tokenizer_state=known.state(),
        documents=len(documents),
        titles=[document.title for document in documents],
        train_bytes=parts.train_bytes,
        validation_bytes=parts.validation_bytes,
        test_bytes=parts.test_bytes,
        removed_bytes=parts.removed_from_train_bytes + parts.removed_from_validation_bytes,
        content_hash=content_hash,
        remarks=_remarks(reading, len(documents), parts),
    )
    train, held_out, judged = (known.encode(text) for text in (parts.train, parts.validation, parts.test))
    return PreparedText(tokenizer=known, train=train, validation=held_out, test=judged, facts=facts)


def _remarks(reading: Reading, documents: int, parts: Parts) -> list[Remark]:
    counts: list[tuple[str, str, int]] = [
        ("text_files_left_out", "files", reading.left_out),
        ("text_copies_dropped", "documents", len(reading.documents) - documents),
        ("text_leaks_removed", "bytes", parts.removed_from_train_bytes),
        ("text_leaks_removed_from_validation", "bytes", parts.removed_from_validation_bytes),
    ]
    return [Remark(key, {argument: count}) for key, argument, count in counts if count]
