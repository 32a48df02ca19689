"""A held-out passage that also stands in the training text is remembered instead of predicted.

Every span of `SPAN` bytes of both texts is hashed, all at once: the hash of 2k bytes at place i is made of the hashes
of k bytes at i and at i + k, so six doublings reach 64. Equal spans always have equal hashes; different spans share one
with a chance of about 2**-64 a pair, which would only remove a line too many.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

SPAN = 64
LONGEST_LINE = 512
"""Bytes. Of a longer line (a paragraph, a file without line ends) only the leaked span itself is removed."""

_CHUNK = 1 << 22  # bytes hashed at a time: keeps 500 MB of text from needing 4 GB of hashes
_TABLE_BITS = 24
_random = np.random.default_rng(64)
_BYTE_VALUES = _random.integers(0, 2**64, 256, np.uint64)
_FACTORS = _random.integers(0, 2**64, 6, np.uint64) | np.uint64(1)

Bytes = npt.NDArray[np.uint8]
Hashes = npt.NDArray[np.uint64]


class Spans:
    """The 64-byte spans of some held-out texts, to be asked which of another text's spans are among them."""

    def __init__(self, *texts: bytes) -> None:
        hashes = [span_hashes(np.frombuffer(text, np.uint8)) for text in texts]
        self._sorted = np.unique(np.concatenate([*hashes, np.empty(0, np.uint64)]))
        # Most spans are in no other text: one look into a small table tells so without a search.
        self._table = np.zeros(1 << _TABLE_BITS, np.bool_)
        self._table[_slots(self._sorted)] = True

    def places_in(self, text: Bytes) -> npt.NDArray[np.int64]:
        """Where in `text` the shared spans begin, ascending, shape (places,)."""
        found = [
            start + self._among(span_hashes(text[start : start + _CHUNK + SPAN - 1]))
            for start in range(0, max(len(text) - SPAN + 1, 0), _CHUNK)
        ]
        return np.concatenate([*found, np.empty(0, np.int64)])

    def _among(self, hashes: Hashes) -> npt.NDArray[np.int64]:
        maybe = np.flatnonzero(self._table[_slots(hashes)])
        wanted = hashes[maybe]
        at = np.minimum(np.searchsorted(self._sorted, wanted), len(self._sorted) - 1)
        return maybe[self._sorted[at] == wanted] if len(self._sorted) else maybe[:0]


def span_hashes(text: Bytes) -> Hashes:
    """The hash of each 64-byte span of `text`, shape (len(text) - 63,), empty for a shorter text."""
    if len(text) < SPAN:
        return np.empty(0, np.uint64)
    hashes = _BYTE_VALUES[text]
    for doubling, factor in enumerate(_FACTORS):
        width = 1 << doubling
        hashes = hashes[:-width] * factor + hashes[width:]
        hashes ^= hashes >> np.uint64(29)  # the low bits of a product know nothing of the high ones
    return hashes


def without_leaks(text: str, *held_out: str) -> tuple[str, int]:
    """`text` without the lines that hold a 64-byte span of `held_out`, with the number of bytes removed.

    Removing a line brings its neighbours together, which can make a shared span anew: repeated until none is left.
    """
    spans = Spans(*(other.encode() for other in held_out))
    before = content = np.frombuffer(text.encode(), np.uint8)
    while len(places := spans.places_in(content)):
        content = content[~_marked(content, places)]
    removed = len(before) - len(content)
    return (content.tobytes().decode(), removed) if removed else (text, 0)


def _marked(content: Bytes, places: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which bytes go: those of the spans at `places`, widened to whole lines or, in long lines, whole characters."""
    edges = np.zeros(len(content) + 1, np.int64)
    edges[places] = 1
    np.subtract.at(edges, places + SPAN, 1)
    leaked = np.cumsum(edges[:-1]) > 0
    lines = _units(content == ord("\n"), ends=True)
    lengths = np.bincount(lines)
    touched = np.bincount(lines, leaked) > 0
    characters = _units((content & 0xC0) != 0x80, ends=False)
    whole_characters = (np.bincount(characters, leaked) > 0)[characters]
    return (touched & (lengths <= LONGEST_LINE))[lines] | whole_characters


def _units(mark: npt.NDArray[np.bool_], ends: bool) -> npt.NDArray[np.int64]:
    """The number of the unit that each byte belongs to, where `mark` is true at a unit's last (or first) byte."""
    return np.cumsum(mark) - (mark if ends else 1)


def _slots(hashes: Hashes) -> Hashes:
    return hashes >> np.uint64(64 - _TABLE_BITS)
