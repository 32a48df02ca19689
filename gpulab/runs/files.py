"""Small files that several processes read must never be seen half written."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from gpulab.spec.problem import BadInput, detail_of, refuse

T = TypeVar("T")


def write_whole(path: Path, content: bytes) -> None:
    """Replaces `path` in one piece: a reader sees the old bytes or the new ones. Raises BadInput."""
    try:
        replace_whole(path, content)
    except OSError as error:
        raise not_writable(path, error) from error


def replace_whole(path: Path, content: bytes) -> None:
    """As `write_whole`, where no person is to be told. Raises OSError, and leaves nothing half written behind."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError:
        with suppress(OSError):  # where nothing can be written, nothing can be removed either
            beside.unlink()
        raise


def read_json(path: Path, type_: type[T]) -> T | None:
    """What the JSON file at `path` holds; None where it is missing or damaged, because it can be made again."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=type_)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def check_writable(folder: Path) -> None:
    """Raises BadInput `folder_not_writable` where `folder` could not be filled; leaves nothing behind."""
    missing: list[Path] = []
    probe = folder / f".probe.{os.getpid()}"
    try:
        missing += [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
    except OSError as error:
        raise not_writable(folder, error) from error
    finally:
        with suppress(OSError):
            probe.unlink()
        for path in missing:
            with suppress(OSError):
                path.rmdir()


def not_writable(path: Path, error: OSError) -> BadInput:
    return refuse("folder_not_writable", path=str(path), detail=detail_of(error))
