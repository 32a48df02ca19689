"""Locks a bundle with a passphrase: scrypt makes the key, AES-256-GCM seals one chunk after the other.

Chunks are sealed as in Hoang, Reyhanitabar, Rogaway and Vizár: Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance (2015), section 7, the STREAM construction: each nonce holds the chunk's number and whether it is the
last, so that chunks cannot be swapped or cut off unseen, and any chunk can be read alone: nothing is ever unlocked onto
the disk. The header is authenticated with every chunk. scrypt: Percival and Josefsson, RFC 7914 (2016).
"""

from __future__ import annotations

import io
import os
import struct
import time
import unicodedata
from pathlib import Path
from typing import BinaryIO

import msgspec

from gpulab.comparisons.container import Sink
from gpulab.spec.problem import detail_of, refuse

_MAGIC = b"\x89gpulab locked\r\n"
_HEADER = struct.Struct(">16sBBBBI16s7s")
HEADER_BYTES = _HEADER.size
FORMAT = 1
COST_LOG2, BLOCKS, LANES = 17, 8, 1  # scrypt's N, r, p: 128 MiB of memory, a third of a second on a laptop
_MOST_MEMORY, _MOST_LANES = 256 << 20, 4  # what a file from elsewhere may ask of this machine
_CHUNK, _SMALLEST_CHUNK, _LARGEST_CHUNK = 1 << 20, 1 << 10, 16 << 20
_TAG = 16


class Cost(msgspec.Struct, frozen=True):
    """What locking or unlocking takes here: seconds for the key, seconds for sealing or opening `bytes`."""

    key_s: float
    seal_s: float
    bytes: int


def measured(bytes_: int = 64 << 20) -> Cost:
    """Locks `bytes_` zeros into nowhere and says how long that took."""
    sealed = Sealing(_Nowhere(), "measured")
    for _ in range(bytes_ // _CHUNK):
        sealed.write(b"\0" * _CHUNK)
    sealed.close()
    return sealed.cost


def is_sealed(begins: bytes) -> bool:
    """Whether a file that begins like this is a locked bundle."""
    return begins.startswith(_MAGIC)


class Sealing:
    """Writes a locked file into `sink`; `close` ends it. Raises BadInput `passphrase_empty`."""

    def __init__(self, sink: Sink, passphrase: str) -> None:
        salt, prefix = os.urandom(16), os.urandom(7)
        self._header = _HEADER.pack(_MAGIC, FORMAT, COST_LOG2, BLOCKS, LANES, _CHUNK, salt, prefix)
        self._chunks = _Chunks(self._header, passphrase)
        self._seal_s, self._bytes, self._number = 0.0, 0, 0
        self._sink, self._waiting = sink, bytearray()
        sink.write(self._header)

    @property
    def cost(self) -> Cost:
        """What it took so far."""
        return Cost(self._chunks.key_s, self._seal_s, self._bytes)

    def write(self, data: bytes) -> None:
        self._waiting += data
        while len(self._waiting) > _CHUNK:  # a full chunk waits: it may be the last
            self._seal(bytes(self._waiting[:_CHUNK]), last=False)
            del self._waiting[:_CHUNK]

    def close(self) -> None:
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, chunk: bytes, last: bool) -> None:
        began = time.perf_counter()
        sealed = self._chunks.seal(self._number, last, chunk)
        self._seal_s += time.perf_counter() - began
        self._bytes += len(chunk)
        self._number += 1
        self._sink.write(sealed)


def unlocked(file: BinaryIO, passphrase: str, origin: str) -> BinaryIO:
    """What is locked in `file`, to read from anywhere in it. Raises BadInput, here or where a chunk was altered."""
    return io.BufferedReader(Unlocked(file, passphrase, origin))


class Unlocked(io.RawIOBase):
    """What is locked in `file`, chunk by chunk. Raises BadInput, here or where a chunk was altered."""

    def __init__(self, file: BinaryIO, passphrase: str, origin: str) -> None:
        header = file.read(HEADER_BYTES)
        self._file, self._origin = file, origin
        self._chunk_bytes = _checked(header, origin)
        sealed = file.seek(0, os.SEEK_END) - HEADER_BYTES
        self._count = -(-sealed // (self._chunk_bytes + _TAG))
        self._bytes = sealed - self._count * _TAG
        if self._bytes <= (self._count - 1) * self._chunk_bytes - (self._count == 1):
            raise refuse("bundle_wrong_passphrase", path=origin)
        self._chunks = _Chunks(header, passphrase)
        self._open_s, self._opened = 0.0, 0
        self._place, self._number, self._chunk = 0, -1, b""
        self._open(0)

    @property
    def cost(self) -> Cost:
        """What it took so far."""
        return Cost(self._chunks.key_s, self._open_s, self._opened)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        place = offset + (0, self._place, self._bytes)[whence]
        if place < 0:
            raise OSError("before the beginning")
        self._place = place
        return place

    def readinto(self, buffer: object, /) -> int:
        number, within = divmod(self._place, self._chunk_bytes)
        if self._place >= self._bytes:
            return 0
        self._open(number)
        view = memoryview(buffer)  # type: ignore[arg-type]  # as io promises
        part = self._chunk[within : within + len(view)]
        view[: len(part)] = part
        self._place += len(part)
        return len(part)

    def _open(self, number: int) -> None:
        from cryptography.exceptions import InvalidTag

        if number == self._number:
            return
        self._file.seek(HEADER_BYTES + number * (self._chunk_bytes + _TAG))
        sealed = self._file.read(self._chunk_bytes + _TAG)
        began = time.perf_counter()
        try:
            self._chunk = self._chunks.open(number, number == self._count - 1, sealed)
        except InvalidTag as error:
            raise refuse("bundle_wrong_passphrase", path=self._origin) from error
        self._open_s += time.perf_counter() - began
        self._opened += len(self._chunk)
        self._number = number


class _Chunks:
    """Seals and opens single chunks with the key that `header` and the passphrase make."""

    def __init__(self, header: bytes, passphrase: str) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

        if not passphrase:
            raise refuse("passphrase_empty")
        _, _, cost, blocks, lanes, _, salt, self._prefix = _HEADER.unpack(header)
        # the same keys typed on another system may come as other code points
        secret = unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogatepass")
        self._header = header
        began = time.perf_counter()
        self._cipher = AESGCM(Scrypt(salt=salt, length=32, n=1 << cost, r=blocks, p=lanes).derive(secret))
        self.key_s = time.perf_counter() - began

    def seal(self, number: int, last: bool, chunk: bytes) -> bytes:
        return self._cipher.encrypt(self._nonce(number, last), chunk, self._header)

    def open(self, number: int, last: bool, sealed: bytes) -> bytes:
        return self._cipher.decrypt(self._nonce(number, last), sealed, self._header)

    def _nonce(self, number: int, last: bool) -> bytes:
        return bytes(self._prefix) + number.to_bytes(4, "big") + bytes([last])


def _checked(header: bytes, origin: str) -> int:
    """The bytes of a chunk. Raises BadInput where the header asks for what no locked bundle needs."""
    if len(header) < HEADER_BYTES:
        raise refuse("bundle_altered", path=origin)
    _, format_, cost, blocks, lanes, chunk, _, _ = _HEADER.unpack(header)
    if format_ != FORMAT:
        raise refuse("bundle_newer", path=origin, found=format_, known=FORMAT)
    small = blocks >= 1 and 1 <= lanes <= _MOST_LANES and 1 <= cost <= 30
    if not small or 128 * blocks << cost > _MOST_MEMORY or not _SMALLEST_CHUNK <= chunk <= _LARGEST_CHUNK:
        raise refuse("bundle_lock_odd", path=origin)
    return int(chunk)


class _Nowhere:
    def write(self, data: bytes) -> None:
        """Forgets it."""


def passphrase_in(path: Path) -> str:
    """The first line of the file at `path`. Raises BadInput."""
    try:
        with path.open(encoding="utf-8") as file:
            line = file.readline(4096).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise refuse("passphrase_file_unreadable", path=str(path), detail=detail_of(error)) from error
    if not line:
        raise refuse("passphrase_empty")
    return line
