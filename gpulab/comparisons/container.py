"""The zip around a bundle: written in one stream, and ending with a checksum of all that comes before it.

Zip itself notices damage in a member's bytes only; times, names and the directory could change unseen. The checksum
stands where zip has room for a comment, so that any zip program still opens a bundle.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import BinaryIO, Protocol

from gpulab.spec.problem import BadInput, refuse

_MARK = b"gpulab bundle sha256:"
_COMMENT_BYTES = len(_MARK) + 64
_BLANK = b"\0" * _COMMENT_BYTES
_LARGEST_DIRECTORY = 32 << 20
_LONG = 1 << 31  # from here on zip needs wider fields, which must be said before
CHUNK = 1 << 20
RATIO = 250
"""How many times larger than it is packed a member may be: records of runs reach 30, deflate itself 1,000."""
_SPARED = 1 << 20  # so small a member harms nobody, however well it is packed

Tick = Callable[[int], None]
"""Called with the bytes just dealt with; may raise to break off."""


class Sink(Protocol):
    def write(self, data: bytes, /) -> object: ...


class Closing:
    """Passes on what zip writes, but for the blank comment at the end, which becomes the checksum."""

    def __init__(self, sink: Sink) -> None:
        self._sink, self._hash, self._held = sink, hashlib.sha256(), b""

    def write(self, data: bytes) -> int:
        whole = self._held + bytes(data)
        self._pass_on(whole[:-_COMMENT_BYTES])
        self._held = whole[-_COMMENT_BYTES:]
        return len(data)

    def flush(self) -> None:
        """Zip asks for it; the file behind it is flushed once, at the end."""

    def finish(self) -> None:
        assert self._held == _BLANK
        self._sink.write(_MARK + self._hash.hexdigest().encode())

    def _pass_on(self, data: bytes) -> None:
        self._hash.update(data)
        self._sink.write(data)


def write(sink: Sink, members: Iterable[tuple[str, int, bool, Iterable[bytes]]]) -> None:
    """Writes the zip of `members` (name, bytes, whether to compress, content). Raises OSError."""
    closing = Closing(sink)
    with zipfile.ZipFile(closing, "w") as file:  # type: ignore[call-overload]  # it asks whether it can tell where it is
        file.comment = _BLANK
        for name, size, compress, content in members:
            entry = zipfile.ZipInfo(name)  # of 1980: the same files make the same bytes
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
            with file.open(entry, "w", force_zip64=size >= _LONG) as member:
                for chunk in content:
                    member.write(chunk)
    closing.finish()


def check_whole(stream: BinaryIO, origin: str, tick: Tick) -> None:
    """Raises BadInput `bundle_altered` where the stream is not, byte by byte, what was written."""
    stream.seek(0, os.SEEK_END)
    left = stream.tell() - _COMMENT_BYTES
    digest = hashlib.sha256()
    stream.seek(0)
    while left > 0 and (chunk := stream.read(min(CHUNK, left))):
        digest.update(chunk)
        left -= len(chunk)
        tick(len(chunk))
    if left or stream.read() != _MARK + digest.hexdigest().encode():
        raise refuse("bundle_altered", path=origin)


@contextmanager
def opened(stream: BinaryIO, origin: str) -> Iterator[zipfile.ZipFile]:
    """The zip in `stream`, its members plain files in the order of their bytes from the first byte on.

    Raises BadInput that names the bundle as `origin`.
    """
    with _told(origin):
        file = zipfile.ZipFile(_Bounded(stream))
        for entry in file.infolist():
            _check_entry(entry, origin)
        places = [entry.header_offset for entry in file.infolist()]
        if not places or places[0] != 0 or any(b <= a for a, b in pairwise(places)):
            raise refuse("bundle_damaged", path=origin, detail="its files are not one after the other")
    with file:
        yield file


@contextmanager
def _told(origin: str) -> Iterator[None]:
    """Whatever zipfile raises becomes BadInput: it promises no error of its own for what makes no sense."""
    try:
        yield
    except BadInput:
        raise
    except Exception as error:
        raise refuse("bundle_damaged", path=origin, detail=str(error) or type(error).__name__) from error


def _check_entry(entry: zipfile.ZipInfo, origin: str) -> None:
    kind = entry.external_attr >> 16 & 0o170000
    if kind not in (0, 0o100000) or entry.orig_filename != entry.filename:  # links, devices; a name zip cut at a zero
        raise refuse("bundle_odd_name", path=origin, name=entry.orig_filename)
    if entry.flag_bits & 1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise refuse("bundle_damaged", path=origin, detail=f"{entry.filename} is packed in a way that no bundle is")
    if entry.file_size > max(_SPARED, RATIO * entry.compress_size):
        raise refuse("bundle_swells", path=origin, name=entry.filename, ratio=RATIO)


def first_of(file: zipfile.ZipFile, limit: int, origin: str) -> tuple[str, bytes]:
    """The name of the first member and its content, or as much of that as one byte more than `limit`."""
    with _told(origin), file.open(file.infolist()[0]) as member:
        return member.name, member.read(limit + 1)


def chunks_of(file: zipfile.ZipFile, name: str, size: int, sha256: str, origin: str) -> Iterator[bytes]:
    """The content of a member, never more of it than `size`. Raises BadInput where it is not what was promised."""
    digest, left = hashlib.sha256(), size
    with _told(origin), file.open(name) as member:  # what is done with a chunk outside raises outside
        while left >= 0 and (chunk := member.read(min(CHUNK, left + 1))):
            left -= len(chunk)
            digest.update(chunk)
            if left >= 0:
                yield chunk
    if left or digest.hexdigest() != sha256:
        raise refuse("bundle_not_as_listed", path=origin, name=name)


class _Bounded(io.RawIOBase):
    """The stream for zip, which would read a directory of any claimed size at once."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def read(self, size: int = -1) -> bytes:
        place = self._stream.tell()
        left = self._stream.seek(0, os.SEEK_END) - place
        self._stream.seek(place)
        wanted = left if size < 0 else min(size, left)
        if wanted > _LARGEST_DIRECTORY:
            raise ValueError("its directory is far too large")
        return self._stream.read(wanted)
