"""A text becomes tokens in one way only, so that all that train or are judged on it get the same pieces.

A text is read, freed of copies, cut in three, edited, freed of leaks, then turned into tokens. Cutting comes before
editing on purpose: the held-out spans are then the same whatever edits or tokenizer a run chooses, which is what makes
bits per byte comparable between them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from typing import Literal

import msgspec

from gpulab.spec.problem import Argument, BadInput, Problem
from gpulab.text import cache
from gpulab.text.bpe import BPE, Tokens
from gpulab.text.corpora import corpus as bundled
from gpulab.text.corpora import read_corpus
from gpulab.text.dedup import without_copies
from gpulab.text.documents import Balance, Document, joined
from gpulab.text.reading import Reading, read_path
from gpulab.text.separating import Edit, Parts, separate
from gpulab.text.shingles import Marks, Overlap, marks, overlap, words_in
from gpulab.text.tokenizers import AnyTokenizer, Bytes, Characters, tokenizer_from

FORMAT = 3
"""Raised whenever the same input would give other tokens: it is part of the cache's key."""

TokenizerName = Literal["bytes", "characters", "bpe"]


class Remark(msgspec.Struct, frozen=True):
    """Something a person should know of what preparing did, as a key of `gpulab.words` with its arguments."""

    key: str
    arguments: dict[str, Argument] = {}
    severity: Literal["info", "warning"] = "info"


class Facts(msgspec.Struct, frozen=True):
    """What is known of a prepared text besides its tokens. All counts of bytes are of UTF-8.

    `train_bytes`, `validation_bytes`, `test_bytes` count the ORIGINAL text that each part's tokens stand for: the
    denominators of bits per byte. `removed_bytes` were taken from training (and validation) because they repeat
    held-out text. `titles` name the documents, in order, copies left out; `test_documents` are those of the test part,
    with the bytes of each as it is read. `comparable` is whether the held-out text is the original; where edits changed
    it, `lost_share` of its characters are gone, and bits per byte no longer compare. `taken_share` (0 to 1) of the
    training text's original bytes were taken out by edits, `balance` is that of its documents, `overlap` what the
    held-out text still shares with it.
    """

    tokenizer_state: dict[str, str]
    documents: int
    titles: list[str]
    test_documents: list[tuple[str, int]]
    train_bytes: int
    validation_bytes: int
    test_bytes: int
    removed_bytes: int
    content_hash: str
    remarks: list[Remark]
    comparable: bool
    lost_share: float
    taken_share: float
    balance: Balance
    overlap: Overlap


class PreparedText(msgspec.Struct, frozen=True, dict=True):
    """A text ready to learn from: tokens of each part (uint16, shape (tokens,)), their tokenizer, the facts.

    `prompt` is the experiment's, edited as the held-out text is. `key` is what the cache knows it by.
    """

    tokenizer: AnyTokenizer
    train: Tokens
    validation: Tokens
    test: Tokens
    facts: Facts
    prompt: str = ""
    key: str = ""

    @cached_property
    def marks(self) -> Marks:
        """The marks of the training text's shingles, from the cache where they can be."""
        stored = cache.load_marks(self.key)
        return marks(self.tokenizer.decode(self.train), self.facts.overlap.words) if stored is None else stored

    def original_share(self, part: Literal["validation", "test"]) -> float:
        """Bytes of original text for each byte that the part's tokens spell: 1 where no edit changed the part."""
        tokens: Tokens = getattr(self, part)
        original: int = getattr(self.facts, f"{part}_bytes")
        return original / max(self.tokenizer.byte_count(tokens), 1)


def prepare(
    corpus: str,
    path: str,
    tokenizer: TokenizerName,
    validation: float,
    test: float,
    edits: Sequence[Edit] = (),
    vocabulary_size: int = 1024,
    known: AnyTokenizer | None = None,
) -> PreparedText:
    """The text at `path`, or the bundled `corpus` where `path` is empty, cut by the shares `validation` and `test`.

    It is read with `known` where that is given. Otherwise a tokenizer is made; `vocabulary_size` is for `bpe` alone.
    Raises BadInput (`data.corpus`, `data.path`, `data.tokenizer`). The result comes from the cache where it can.
    """
    reading = read_path(path) if path else None
    content_hash = _hash_of(reading.documents) if reading else bundled(corpus).sha256
    learned = (vocabulary_size, version("tokenizers")) if tokenizer == "bpe" else None
    made = known.state() if known else (tokenizer, learned)
    settings = (FORMAT, content_hash, made, validation, test, [(edit.key, edit.label) for edit in edits])
    key = hashlib.sha256(msgspec.json.encode(settings)).hexdigest()[:32]
    if (stored := _loaded(key)) is not None:
        return stored
    parts, said = _separated(reading or Reading(read_corpus(corpus)), validation, test, edits)
    words = words_in(parts.train)
    train_marks = marks(parts.train, words)
    shared = overlap([parts.validation, parts.test], train_marks, words)
    fresh = _prepared(parts, said, content_hash, known or _made(parts, tokenizer, vocabulary_size), shared)
    tokens = {"train": fresh.train, "validation": fresh.validation, "test": fresh.test}
    if cache.store(key, msgspec.json.encode(fresh.facts), tokens, train_marks):
        return msgspec.structs.replace(fresh, key=key)
    remarks = [*fresh.facts.remarks, Remark("text_not_cached", {"path": str(cache.folder())})]
    return msgspec.structs.replace(fresh, facts=msgspec.structs.replace(fresh.facts, remarks=remarks))


def vocabulary_size(corpus: str, path: str, tokenizer: TokenizerName, size: int = 1024) -> int:
    """How many tokens `prepare` without edits will know, for estimates: a bundled text is not even opened.

    Of byte pairs it is the most that there can be: a short text has fewer pairs than were asked for.
    """
    if tokenizer == "bytes":
        return Bytes.vocab_size
    if tokenizer == "bpe":
        return size
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
    train, held_out, judged = (entry[1][part] for part in cache.PARTS)
    return PreparedText(tokenizer, train, held_out, judged, facts, key=key)


def _separated(
    reading: Reading, validation: float, test: float, edits: Sequence[Edit]
) -> tuple[Parts, tuple[list[Document], list[Remark]]]:
    documents = without_copies(reading.documents)
    parts = separate(documents, validation, test, edits)
    return parts, (documents, _remarks(reading, len(documents), parts, edits))


def _made(parts: Parts, tokenizer: TokenizerName, vocabulary_size: int) -> AnyTokenizer:
    match tokenizer:
        case "bytes":
            return Bytes()
        case "bpe":
            return BPE.trained(parts.train, vocabulary_size)
        case "characters":
            # The whole text's, held-out ones included: a character first met in the test text could not even be
            # written down otherwise, so its loss would be undefined. Knowing that a letter exists tells nothing of
            # its use.
            return Characters.of(parts.alphabet)


def _prepared(
    parts: Parts,
    said: tuple[list[Document], list[Remark]],
    content_hash: str,
    known: AnyTokenizer,
    shared: Overlap,
) -> PreparedText:
    documents, remarks = said
    facts = Facts(
        tokenizer_state=known.state(),
        documents=len(documents),
        titles=[document.title for document in documents],
        test_documents=parts.test_documents,
        train_bytes=parts.train_bytes,
        validation_bytes=parts.validation_bytes,
        test_bytes=parts.test_bytes,
        removed_bytes=parts.removed_from_train_bytes + parts.removed_from_validation_bytes,
        content_hash=content_hash,
        remarks=remarks,
        comparable=parts.comparable,
        lost_share=parts.lost_share,
        taken_share=sum(max(taken, 0) for taken in parts.shortened.values()) / max(parts.train_bytes, 1),
        balance=parts.balance,
        overlap=shared,
    )
    train, held_out, judged = (known.encode(text, "data.path") for text in (parts.train, parts.validation, parts.test))
    return PreparedText(tokenizer=known, train=train, validation=held_out, test=judged, facts=facts)


def _remarks(reading: Reading, documents: int, parts: Parts, edits: Sequence[Edit]) -> list[Remark]:
    counts: list[tuple[str, str, int]] = [
        ("text_files_left_out", "files", reading.left_out),
        ("text_copies_dropped", "documents", len(reading.documents) - documents),
        ("text_leaks_removed", "bytes", parts.removed_from_train_bytes),
        ("text_leaks_removed_from_validation", "bytes", parts.removed_from_validation_bytes),
    ]
    said = [Remark(key, {argument: count}) for key, argument, count in counts if count]
    for edit in edits:
        if edit.label not in parts.shortened:
            said.append(Remark("text_edit_idle", {"technique": edit.label}))
        elif taken := parts.shortened[edit.label]:
            said.append(Remark("text_edit_shortened", {"technique": edit.label, "bytes": taken}))
    if not parts.comparable:
        percent = f"{100 * parts.lost_share:.2g}"
        said.append(Remark("held_out_text_changed", {"percent": percent}, "warning"))
    return said
