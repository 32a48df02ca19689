"""Opens a bundle that came from another machine: all of it is checked before any of it is written.

What is checked: that it is whole (a checksum over everything), that it holds exactly what its manifest lists, that
every name belongs in a comparison or a run, that sizes are within limits, that hashes match, and that each file can be
read by whoever reads it later. Then it is written beside its place and put there in one step.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from zipfile import ZipFile

import msgspec

from gpulab.comparisons import container, contents, sealing
from gpulab.comparisons.folder import COMPARISONS
from gpulab.comparisons.manifest import (
    FORMAT,
    LARGEST_BUNDLE,
    LARGEST_MANIFEST,
    MANIFEST,
    Manifest,
    checked,
    role_of,
)
from gpulab.runs.files import not_writable
from gpulab.runs.home import runs_root
from gpulab.spec.comparison import Comparison
from gpulab.spec.problem import refuse

Progress = Callable[[int, int], None]
"""Called with the bytes dealt with so far and those there are in all; may raise to break off."""

_ZIP = b"PK\x03\x04"
_DRAFT = ".gpulab-unpacking-"
_STALE_S = 86400.0
_SPARE_BYTES = 64 << 20  # what a disk is to have left afterwards


class _Head(msgspec.Struct):
    format: int


def nobody(done: int, of: int) -> None:
    """Progress that nobody watches."""


def unpack(
    path: Path,
    out: Path | None = None,
    passphrase: str | None = None,
    progress: Progress = nobody,
    runs: Path | None = None,
) -> Path:
    """Unpacks the bundle at `path` and returns the folder: `out`, else a new one where runs live (in `runs`), or
    comparisons, which do beside them.

    Raises BadInput, and whatever `progress` raises; nothing is written then.
    """
    with _checked(path, passphrase, progress, passes=3) as (file, manifest, tick):
        return _put(file, manifest, out or _fresh(manifest, runs or runs_root()), path, tick)


def check(path: Path, passphrase: str | None = None, progress: Progress = nobody) -> Manifest:
    """The manifest of a bundle that can be opened. Raises BadInput where it cannot."""
    with _checked(path, passphrase, progress, passes=2) as (_, manifest, _):
        return manifest


def is_locked(path: Path) -> bool:
    """Whether the file at `path` asks for a passphrase; what is no bundle, or not there, does not."""
    with suppress(OSError), path.open("rb") as file:
        return sealing.is_sealed(file.read(sealing.HEADER_BYTES))
    return False


@contextmanager
def _checked(
    path: Path, passphrase: str | None, progress: Progress, passes: int
) -> Iterator[tuple[ZipFile, Manifest, container.Tick]]:
    """The bundle, read to its end and found in order; it is read `passes` times in all, its checksum included."""
    origin, done = str(path), 0
    with _stream(path, passphrase) as stream:
        total = passes * stream.seek(0, os.SEEK_END)

        def tick(bytes_: int) -> None:
            nonlocal done
            done += bytes_
            progress(min(done, total), total)

        container.check_whole(stream, origin, tick)
        with container.opened(stream, origin) as file:
            manifest = _manifest(file, origin)
            total = done + (passes - 1) * manifest.bytes
            _check_contents(file, manifest, path, tick)
            yield file, manifest, tick


@contextmanager
def _stream(path: Path, passphrase: str | None) -> Iterator[BinaryIO]:
    """The bundle's zip, unlocked where it is locked."""
    if not path.is_file():
        raise refuse("bundle_missing", path=str(path))
    try:
        file = path.open("rb")
    except OSError as error:
        raise refuse("bundle_unreadable", path=str(path), detail=error.strerror or str(error)) from error
    with file:
        size = os.fstat(file.fileno()).st_size
        if size > LARGEST_BUNDLE:
            raise refuse("bundle_absurd_size", path=str(path), name=path.name, bytes=size, limit=LARGEST_BUNDLE)
        begins = file.read(sealing.HEADER_BYTES)
        file.seek(0)
        if begins.startswith(_ZIP):
            yield file
        elif not sealing.is_sealed(begins):
            raise refuse("bundle_is_none", path=str(path))
        elif passphrase is None:
            raise refuse("bundle_locked", path=str(path))
        else:
            yield sealing.unlocked(file, passphrase, str(path))


def _manifest(file: ZipFile, origin: str) -> Manifest:
    name, content = container.first_of(file, LARGEST_MANIFEST, origin)
    if name != MANIFEST or len(content) > LARGEST_MANIFEST:
        raise refuse("bundle_is_none", path=origin)
    try:
        found = msgspec.json.decode(content, type=_Head).format
        if found != FORMAT:
            raise refuse("bundle_newer", path=origin, found=found, known=FORMAT)
        manifest = checked(msgspec.json.decode(content, type=Manifest), origin)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise refuse("bundle_damaged", path=origin, detail=str(error)) from error
    names = file.namelist()[1:]
    for name in names:
        if role_of(name, manifest.kind) is None:
            raise refuse("bundle_odd_name", path=origin, name=name)
    listed = [member.path for member in manifest.files]
    if names != listed:
        first = next((a for a, b in zip(names, listed, strict=False) if a != b), None)
        raise refuse("bundle_not_as_listed", path=origin, name=first or (names + listed)[min(len(names), len(listed))])
    return manifest


def _check_contents(file: ZipFile, manifest: Manifest, path: Path, tick: container.Tick) -> None:
    comparison: Comparison | None = None
    for member in manifest.files:
        role = role_of(member.path, manifest.kind)
        assert role is not None  # the manifest was checked
        chunks = _told(container.chunks_of(file, member.path, member.bytes, member.sha256, str(path)), tick)
        found = contents.check(member.path, role, member.bytes, chunks, f"{path.name}/{member.path}")
        comparison = comparison or found
    contents.check_together(manifest, comparison, str(path))


def _told(chunks: Iterator[bytes], tick: container.Tick) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk
        tick(len(chunk))


def _put(file: ZipFile, manifest: Manifest, out: Path, path: Path, tick: container.Tick) -> Path:
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise refuse("file_exists", path=str(out))
    target = out.absolute()
    made = [parent for parent in target.parents if not parent.exists()]
    draft = target.parent / f"{_DRAFT}{secrets.token_hex(6)}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target.parent)
        if shutil.disk_usage(target.parent).free < manifest.bytes + _SPARE_BYTES:
            raise refuse("disk_too_full", path=str(target.parent), bytes=manifest.bytes)
        for member in manifest.files:
            place = draft / member.path
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("xb") as written:
                chunks = container.chunks_of(file, member.path, member.bytes, member.sha256, str(path))
                for chunk in _told(chunks, tick):
                    written.write(chunk)
        if target.exists():
            target.rmdir()  # empty, as was looked at before
        draft.rename(target)
    except BaseException as error:
        shutil.rmtree(draft, ignore_errors=True)
        for parent in made:
            with suppress(OSError):
                parent.rmdir()
        if isinstance(error, OSError):
            raise not_writable(target, error) from error
        raise
    return target.resolve()


def _sweep(folder: Path) -> None:
    """Removes what processes that were killed while they unpacked left in `folder`, once it is surely nobody's."""
    for draft in folder.glob(f"{_DRAFT}*"):
        with suppress(OSError):
            if time.time() - draft.stat().st_mtime > _STALE_S:
                shutil.rmtree(draft, ignore_errors=True)


def _fresh(manifest: Manifest, runs: Path) -> Path:
    """Where the bundle goes when nobody says: beside the others, in the place of none."""
    root = runs.parent / COMPARISONS if manifest.kind == "comparison" else runs
    target, number = root / manifest.folder, 2
    while target.exists():
        target, number = root / f"{manifest.folder}-{number}", number + 1
    return target
