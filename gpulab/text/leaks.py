"""A held-out passage that also stands in the training text is remembered instead of predicted.

Every span of `SPAN` bytes of both texts is hashed, all at once: the hash of 2k bytes at place i is made of the hashes
of k bytes at i and at i + k, so six doublings reach 64. Equal spans always have equal hashes; different spans share one
with a chance of about 2**-64 a pair, which would only remove a line too many.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

SPAN = 64
LONGEST_LINE = 512
"""Bytes. Of a longer line (a paragraph, a file without line ends) only the leaked span itself is removed."""

_CHUNK = 1 << 22  # bytes hashed at a time: keeps 500 MB of text from needing 4 GB of hashes
_random = np.random.default_rng(64)
_BYTE_VALUES = _random.integers(0, 2**64, 256, np.uint64)
_FACTORS = _random.integers(0, 2**64, 6, np.uint64) | np.uint64(1)

Hashes = npt.NDArray[np.uint64]


class Spans:
    """The 64-byte spans of some held-out texts, to be asked which of another text's spans are among them."""

    def __init__(self, *texts: bytes) -> None:
        hashes = [hashes for text in texts for _, hashes in _chunks(text)]
        self._sorted = np.sort(np.concatenate([*hashes, np.empty(0, np.uint64)]))
        # Most spans are in no other text: one look into a table that is mostly empty tells so without a search.
        bits = min(max(len(self._sorted).bit_length() + 3, 16), 28)
        self._shift = np.uint64(64 - bits)
        self._table = np.zeros(1 << bits, np.bool_)
        self._table[self._sorted >> self._shift] = True

    def places_in(self, text: bytes) -> npt.NDArray[np.int64]:
        """Where in `text` the shared spans begin, ascending, shape (places,)."""
        found = [start + self._among(hashes) for start, hashes in _chunks(text)]
        return np.concatenate([*found, np.empty(0, np.int64)])

    def _among(self, hashes: Hashes) -> npt.NDArray[np.int64]:
        maybe = np.flatnonzero(self._table[hashes >> self._shift])
        if not len(maybe):
            return maybe
        maybe = maybe[np.argsort(hashes[maybe])]  # in order, neighbours in the search share the processor's cache
        wanted = hashes[maybe]
        at = np.searchsorted(self._sorted, wanted)
        return np.sort(maybe[self._sorted.take(at, mode="clip") == wanted])


def _chunks(text: bytes) -> Iterator[tuple[int, Hashes]]:
    """The hashes of all spans of `text`, in stretches with the place of their first span."""
    content = np.frombuffer(text, np.uint8)
    for start in range(0, max(len(text) - SPAN + 1, 0), _CHUNK):
        yield start, span_hashes(content[start : start + _CHUNK + SPAN - 1])


def span_hashes(text: npt.NDArray[np.uint8]) -> Hashes:
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
    before = content = text.encode()
    while len(places := spans.places_in(content)):
        content = _without(content, places)
    removed = len(before) - len(content)
    return (content.decode(), removed) if removed else (text, 0)


def _without(content: bytes, places: npt.NDArray[np.int64]) -> bytes:
    """`content` without the spans that begin at `places`, each widened by `_widened`."""
    gaps = np.flatnonzero(np.diff(places) > SPAN)
    firsts = places[np.concatenate([[0], gaps + 1])].tolist()
    lasts = places[np.concatenate([gaps, [len(places) - 1]])].tolist()
    kept: list[bytes] = []
    at = 0
    for first, last in zip(firsts, lasts, strict=True):
        start, end = _widened(content, first, last + SPAN)
        kept.append(content[at:start])
        at = max(at, end)
    return b"".join([*kept, content[at:]])


def _widened(content: bytes, start: int, end: int) -> tuple[int, int]:
    """The stretch, whole at both ends: to the ends of lines or, where a line is long, of characters."""
    while start < end - 1 and content[start] == ord("\n"):
        start += 1  # a line that is repeated whole always shares the line end before it: no reason to lose that line
    first = _line_with(content, start)
    last = _line_with(content, end - 1)
    while start > 0 and _continues_a_character(content[start]):
        start -= 1
    while end < len(content) and _continues_a_character(content[end]):
        end += 1
    return first[0] if first else start, last[1] if last else end


def _line_with(content: bytes, at: int) -> tuple[int, int] | None:
    """Where the line that holds byte `at` starts and where the next does, or None for a line that is too long."""
    earliest = max(at - LONGEST_LINE, 0)
    start = content.rfind(b"\n", earliest, at) + 1
    end = content.find(b"\n", at, at + LONGEST_LINE) + 1 or len(content)
    whole = start > 0 or earliest == 0
    return (start, end) if whole and end - start <= LONGEST_LINE else None


def _continues_a_character(byte: int) -> bool:
    return byte & 0xC0 == 0x80
