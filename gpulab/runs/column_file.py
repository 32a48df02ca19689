"""The bytes of `columns.bin`: a head that says of which record they are, then arrays that are mapped, not read.

Layout: magic, the head's length and checksum, the head as JSON, then each array on a multiple of eight bytes. Each has
a checksum: the sum of its 64-bit words, because it is taken of everything each time and must run as fast as memory.
"""

from __future__ import annotations

import mmap
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from gpulab.events.codec import FORMAT as DOCUMENTS
from gpulab.events.reader import EVENTS
from gpulab.runs.files import write_whole
from gpulab.spec.problem import Problem

FILE = "columns.bin"
FORMAT = 1
_MAGIC = b"GPLCOL\r\n"
_PREFIX = struct.Struct("<8sII")  # magic, length of the head, its crc
_WORD = 8
_CHUNK = 1 << 20


class Origin(msgspec.Struct, frozen=True):
    """Of which record, and how far into it: `offset` bytes and `lines` with checksum `crc`, when the file looked so."""

    size: int = 0
    mtime_ns: int = 0
    inode: int = 0
    offset: int = 0
    lines: int = 0
    crc: int = 0

    def unchanged(self, stat: os.stat_result) -> bool:
        return (self.size, self.mtime_ns, self.inode) == (stat.st_size, stat.st_mtime_ns, stat.st_ino)


class Key(msgspec.Struct, frozen=True):
    """A series: the rows (`int32`) in which it has a value, and the values (`float64`)."""

    rows: npt.NDArray[np.int32]
    values: npt.NDArray[np.float64]


class Stored(msgspec.Struct, frozen=True):
    """Every sample in the order of the record, superseded ones too, and what else was said.

    `others` are the other documents as lines, `others_at[i]` the number of samples before the i-th of them. `cuts` are
    the resumes: (samples before it, from which step). `straight`: nothing is superseded, no clock ran backwards.
    """

    origin: Origin
    step: npt.NDArray[np.int64]
    tokens: npt.NDArray[np.int64]
    seconds: npt.NDArray[np.float64]
    keys: dict[str, Key]
    others: bytes
    others_at: npt.NDArray[np.int64]
    cuts: list[tuple[int, int]]
    straight: bool
    problem: Problem | None = None


class _Array(msgspec.Struct, frozen=True):
    dtype: str
    length: int
    sum: int


class _Head(msgspec.Struct, frozen=True):
    format: int
    documents: int
    origin: Origin
    keys: list[str]
    arrays: list[_Array]
    cuts: list[tuple[int, int]]
    straight: bool
    problem: Problem | None


def save(run_dir: Path, stored: Stored) -> None:
    """Writes the file in one piece. Raises BadInput where the folder can only be read."""
    arrays: list[npt.NDArray[Any]] = [stored.step, stored.tokens, stored.seconds, stored.others_at]
    arrays.append(np.frombuffer(stored.others, np.uint8))
    for key in stored.keys.values():
        arrays += [key.rows, key.values]
    parts = [_padded(each) for each in arrays]
    described = [_Array(a.dtype.str, len(a), _sum(part)) for a, part in zip(arrays, parts, strict=True)]
    head = msgspec.json.encode(
        _Head(
            FORMAT, DOCUMENTS, stored.origin, list(stored.keys), described, stored.cuts, stored.straight, stored.problem
        )
    )
    head += b" " * (-(_PREFIX.size + len(head)) % _WORD)
    prefix = _PREFIX.pack(_MAGIC, len(head), zlib.crc32(head))
    write_whole(run_dir / FILE, b"".join([prefix, head, *parts]))


def load(run_dir: Path) -> Stored | None:
    """What the file holds; None where it is missing, damaged or of another format."""
    try:
        with (run_dir / FILE).open("rb") as file:
            whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        magic, length, crc = _PREFIX.unpack_from(whole)
        encoded = whole[_PREFIX.size : _PREFIX.size + length]
        if magic != _MAGIC or zlib.crc32(encoded) != crc:
            return None
        head = msgspec.json.decode(encoded, type=_Head)
        if (head.format, head.documents) != (FORMAT, DOCUMENTS):
            return None
        arrays = _arrays(whole, _PREFIX.size + length, head.arrays)
        return None if arrays is None else _put_together(head, arrays)
    except (OSError, ValueError, struct.error, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _put_together(head: _Head, arrays: list[npt.NDArray[Any]]) -> Stored | None:
    step, tokens, seconds, others_at, others, *series = arrays
    if len(series) != 2 * len(head.keys):
        return None
    keys = {key: Key(*series[2 * at : 2 * at + 2]) for at, key in enumerate(head.keys)}
    return Stored(
        head.origin, step, tokens, seconds, keys, others.tobytes(), others_at, head.cuts, head.straight, head.problem
    )


def _arrays(whole: mmap.mmap, start: int, described: list[_Array]) -> list[npt.NDArray[Any]] | None:
    """The arrays from byte `start` on; None where they are not what was written."""
    found: list[npt.NDArray[Any]] = []
    for one in described:
        dtype = np.dtype(one.dtype)
        words = -(-one.length * dtype.itemsize // _WORD)
        if start + words * _WORD > len(whole):
            return None
        if int(np.frombuffer(whole, np.uint64, words, start).sum()) != one.sum:
            return None
        found.append(np.frombuffer(whole, dtype, one.length, start))
        start += words * _WORD
    return found if start == len(whole) else None


def _padded(values: npt.NDArray[Any]) -> bytes:
    content = values.tobytes()
    return content + b"\0" * (-len(content) % _WORD)


def _sum(padded: bytes) -> int:
    return int(np.frombuffer(padded, np.uint64).sum())


def crc_of(run_dir: Path, end: int, begin: int = 0, crc: int = 0) -> int | None:
    """The checksum of the record up to byte `end`, given that of its first `begin`; None where it is shorter."""
    with (run_dir / EVENTS).open("rb") as file:
        file.seek(begin)
        while begin < end:
            chunk = file.read(min(_CHUNK, end - begin))
            if not chunk:
                return None
            crc = zlib.crc32(chunk, crc)
            begin += len(chunk)
    return crc
