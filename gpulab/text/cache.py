"""Preparing a text takes a second, which nobody should wait for twice.

A prepared text is one `.npz` file (arrays plus JSON, no pickle) named by a hash of everything it was made from. A file
that is damaged, or of another version, counts as missing: it is made again.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import zipfile
import zlib
from pathlib import Path

import numpy as np
import platformdirs

from gpulab.text.bpe import Tokens
from gpulab.text.shingles import Marks

KEEP_BYTES = 10**9
PARTS = ("train", "validation", "test")
MARKS = "marks"
UNREADABLE = (
    OSError,
    ValueError,
    KeyError,
    EOFError,
    SyntaxError,
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
)

Entry = tuple[bytes, dict[str, Tokens]]


def folder() -> Path:
    return Path(platformdirs.user_cache_dir("gpulab"), "text")


def load(key: str) -> Entry | None:
    """The JSON plus the token arrays stored under `key`, or None."""
    path = folder() / f"{key}.npz"
    try:
        with np.load(path, allow_pickle=False) as stored:  # checks each array's CRC
            tokens = {part: stored[part] for part in PARTS}
            facts = stored["facts"].tobytes()
    except UNREADABLE:
        return None
    if any(array.dtype != np.uint16 or array.ndim != 1 for array in tokens.values()):
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # the least recently used goes first
    return facts, tokens


def load_marks(key: str) -> Marks | None:
    """The marks stored under `key`, or None. Few ask for them, and nobody before a training begins."""
    try:
        with np.load(folder() / f"{key}.npz", allow_pickle=False) as stored:
            found: Marks = stored[MARKS]
    except UNREADABLE:
        return None
    return found if found.dtype == np.uint64 and found.ndim == 1 else None


def store(key: str, facts: bytes, tokens: dict[str, Tokens], marks: Marks | None = None) -> bool:
    """Writes an entry whole or not at all; False where the folder cannot be written to."""
    try:
        folder().mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(suffix=".part", dir=folder())
    except OSError:
        return False
    try:
        with os.fdopen(handle, "wb") as file:
            more = {} if marks is None else {MARKS: marks}
            np.savez(file, allow_pickle=False, facts=np.frombuffer(facts, np.uint8), **tokens, **more)
        Path(name).replace(folder() / f"{key}.npz")
        _make_room()
    except OSError:
        Path(name).unlink(missing_ok=True)
        return False
    return True


def _make_room() -> None:
    """Deletes the least recently used files until the rest fits into `KEEP_BYTES`; the newest always stays."""
    used = 0
    with contextlib.suppress(FileNotFoundError):  # another process makes room as well
        files = sorted(folder().iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for index, path in enumerate(files):
            used += path.stat().st_size
            if index and used > KEEP_BYTES:
                path.unlink()
