"""The one place where a pickle is opened: to show, and to time, why no other place does.

Opening a pickle may run whatever it names. Both functions here open nothing but what they wrote a moment before, into a
folder that nobody else can write to; no file of a person's ever comes here.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError  # noqa: TID251 (what a safe load refuses with)
from typing import Any

import torch

_TRAP, _MARK = "trap.pt", "the-trap-sprang"


def timed(tensors: Mapping[str, torch.Tensor], path: Path) -> tuple[float, float, float]:
    """Pickles `tensors` into `path`; returns seconds to write it, to read it safely, and to read it without a check.

    Raises OSError where the disk does not take it.
    """
    began = time.perf_counter()
    _write(dict(tensors), path)
    wrote = time.perf_counter()
    read_through(_read(path, safely=True))
    safely = time.perf_counter()
    read_through(_read(path, safely=False))
    return wrote - began, safely - wrote, time.perf_counter() - safely


def springs(folder: Path, safely: bool) -> bool:
    """Whether opening a pickle with code in it runs that code, which is harmless: it makes an empty folder."""
    trap, mark = folder / _TRAP, folder / _MARK
    _write({"weights": _Trap(mark)}, trap)
    try:
        _read(trap, safely)
    except UnpicklingError:
        pass
    finally:
        trap.unlink()
    sprang = mark.is_dir()
    if sprang:
        mark.rmdir()
    return sprang


def read_through(tensors: Mapping[str, torch.Tensor]) -> None:
    """Touches every number: some formats read from the disk only what is touched."""
    for tensor in tensors.values():
        tensor.clone()


class _Trap:
    """Something that, when its pickle is opened, makes the folder `mark`."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self._mark),)


def _write(content: dict[str, Any], path: Path) -> None:
    try:
        torch.save(content, path)  # noqa: TID251 (see above)
    except RuntimeError as error:  # what torch makes of a full disk, in words about its own code
        raise OSError(f"only a part of {path.name} was taken") from error
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _read(path: Path, safely: bool) -> Any:
    return torch.load(path, weights_only=safely)  # noqa: TID251 (see above)
