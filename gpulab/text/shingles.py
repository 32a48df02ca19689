"""Which passages of one text stand in another: for copies that the model writes, and leaks that no exact span shows.

A shingle is a passage of about 24 characters at any place of a text. One in eight is kept, as its hash, chosen by what
it begins with, so that equal passages are kept or left out together wherever they stand (Broder: On the resemblance and
containment of documents, 1997). Of Shakespeare's last plays 0.4 % of the shingles stand in the others, and one of 1,026
windows of 512 bytes counts as a near copy. Shorter shingles meet by chance (of 16 characters, 4 %).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

SPAN = 24
"""Characters."""

WINDOW = 512
"""Bytes: each window of a text is a copy or none."""

NEAR = 0.3
"""From this share of its shingles on, a window counts as a copy: half of them survive a change every 50 characters."""

_WORD = 8
_LEAST = 16  # fewer kept shingles in a window say little
_CHUNK = 1 << 18  # what is hashed at once stays in the processor's cache
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio: spreads words that differ in few bits
_KEPT, _HALF = np.uint64(61), np.uint64(31)

Marks = npt.NDArray[np.uint64]
"""The hashes of a text's kept shingles, rising, each once."""


def words_in(text: str) -> int:
    """How many words of 8 bytes a shingle has, so that it is about `SPAN` characters long in the script of `text`."""
    per_character = len(text.encode()) / len(text) if text else 1.0
    return max(1, round(per_character * SPAN / _WORD))


def marks(text: str, words: int) -> Marks:
    """The marks of `text` for shingles of so many `words`."""
    return np.unique(np.concatenate([*(hashes for _, hashes in _kept(text.encode(), words)), np.empty(0, np.uint64)]))


def met(text: str, known: Marks, words: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Where the kept shingles of `text` begin (bytes) and whether each is among the marks `known`: both (shingles,)."""
    found = list(_kept(text.encode(), words))
    places = np.concatenate([*(places for places, _ in found), np.empty(0, np.int64)])
    hashes = np.concatenate([*(hashes for _, hashes in found), np.empty(0, np.uint64)])
    if not len(known):
        return places, np.zeros(len(places), np.bool_)
    return places, known.take(np.searchsorted(known, hashes), mode="clip") == hashes


def shared_share(text: str, known: Marks, words: int) -> float:
    """The share (0 to 1) of the shingles of `text` that are among `known`."""
    _, is_met = met(text, known, words)
    return float(is_met.mean()) if len(is_met) else 0.0


class Overlap(msgspec.Struct, frozen=True):
    """What held-out text shares with the training text. Shingles have `words` words of 8 bytes each.

    `shared_share` is the share (0 to 1) of the held-out shingles that stand in training too: what honest text repeats.
    Of `windows` windows, `near_copies` are near copies of training text.
    """

    words: int
    shared_share: float
    near_copies: int
    windows: int


def overlap(held_out: Sequence[str], known: Marks, words: int) -> Overlap:
    """That of the texts `held_out` with the text whose marks are `known`."""
    is_met = np.concatenate([met(text, known, words)[1] for text in held_out])
    copies, windows = (
        sum(counts) for counts in zip(*(near_copies(text, known, words) for text in held_out), strict=True)
    )
    return Overlap(words, float(is_met.mean()) if len(is_met) else 0.0, copies, windows)


def near_copies(text: str, known: Marks, words: int) -> tuple[int, int]:
    """How many windows of `text` are near copies of passages whose marks are `known`, and how many windows there are.

    Windows in which hardly any shingle was kept are left out.
    """
    places, is_met = met(text, known, words)
    kept = np.bincount(places // WINDOW)
    shared = np.bincount(places[is_met] // WINDOW, minlength=len(kept))
    told = kept >= _LEAST
    return int((shared[told] >= NEAR * kept[told]).sum()), int(told.sum())


def _kept(text: bytes, words: int) -> Iterator[tuple[npt.NDArray[np.int64], Marks]]:
    """Places and hashes of the kept shingles, a stretch of the text at a time."""
    length = len(text) - _WORD * words + 1
    if length <= 0:
        return
    every = np.ndarray(len(text) - _WORD + 1, "<u8", text, strides=(1,))  # the word that begins at each byte
    for start in range(0, length, _CHUNK):
        begin = every[start : min(start + _CHUNK, length)] * _FACTOR
        places = np.flatnonzero((begin ^ (begin >> _HALF)) * _FACTOR >> _KEPT == 0)
        hashes = begin[places]
        for word in range(1, words):
            hashes = (hashes ^ (hashes >> _HALF)) * _FACTOR + every[start + places + _WORD * word]
        yield start + places, (hashes ^ (hashes >> _HALF)) * _FACTOR
