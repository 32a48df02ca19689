"""What is deleted lies in the trash of its root for a month, and can be taken back until then."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from gpulab.runs.files import not_writable
from gpulab.spec.problem import refuse

TRASH = ".trash"
TRASH_DAYS = 30


def throw(folder: Path) -> Path:
    """Moves `folder` to the trash beside it; returns where it lies now."""
    trashed = _move(folder, folder.parent / TRASH / folder.name)
    os.utime(trashed)  # its days begin now
    return trashed


def restore(trashed: Path) -> Path:
    """Takes a folder back out of the trash; returns where it stands again."""
    return _move(trashed, trashed.parent.parent / trashed.name)


def empty(root: Path, ours: Callable[[Path], bool]) -> None:
    """Deletes for good what is `ours` and has lain in the trash of `root` for `TRASH_DAYS`, as far as can be done."""
    oldest = time.time() - TRASH_DAYS * 86400
    with suppress(OSError):
        for trashed in (root / TRASH).iterdir():
            if ours(trashed) and trashed.stat().st_mtime < oldest:
                shutil.rmtree(trashed, ignore_errors=True)


def _move(source: Path, target: Path) -> Path:
    if target.exists():
        raise refuse("file_exists", path=str(target))
    try:
        target.parent.mkdir(exist_ok=True)
        return source.rename(target)
    except OSError as error:
        raise not_writable(target.parent, error) from error
