"""The comparisons below a folder, for a list: what each is called, how it stands, which sides it has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec

from gpulab.comparisons import launching
from gpulab.comparisons.folder import existing, is_comparison, read_comparison
from gpulab.comparisons.standing import State, state_in
from gpulab.runs import trash
from gpulab.runs.recovery import close_if_vanished
from gpulab.spec.comparison import COMPARISON
from gpulab.spec.problem import BadInput, Problem, refuse


class Listed(msgspec.Struct, frozen=True):
    """A line of the list: `arms` are the sides' names, `at` when it was made (seconds since the epoch).

    `problem` says what is damaged; the rest is then what could still be read.
    """

    folder: Path
    name: str
    at: float
    state: State
    arms: tuple[str, ...] = ()
    problem: Problem | None = None


def comparisons(root: Path) -> list[Listed]:
    """Every comparison below `root`, the newest first. One whose conductor is gone is ended, old trash is deleted."""
    trash.empty(root, is_comparison)
    return sorted((_listed(folder) for folder in _folders(root)), key=lambda one: one.at, reverse=True)


def delete(folder: Path) -> Path:
    """Moves the comparison with its runs to its root's trash, as runs go there; returns where it lies now.

    Raises BadInput `comparison_is_running`.
    """
    folder = existing(folder)
    if launching.attach(folder):
        raise refuse("comparison_is_running", path=str(folder))
    return trash.throw(folder)


def _listed(folder: Path) -> Listed:
    close_if_vanished(folder)
    at, state = _made_at(folder), state_in(folder)
    try:
        comparison = read_comparison(folder)
    except BadInput as bad:
        return Listed(folder, folder.name, at, state, problem=bad.problems[0])
    return Listed(folder, comparison.name, at, state, tuple(arm.name for arm in comparison.arms))


def _made_at(folder: Path) -> float:
    """What the folder's name says; one that a person named counts from when its question was written."""
    with suppress(ValueError):
        return datetime.strptime(folder.name[:15], "%Y%m%d-%H%M%S").astimezone().timestamp()
    with suppress(OSError):
        return (folder / COMPARISON).stat().st_mtime
    return 0.0


def _folders(root: Path) -> Iterator[Path]:
    with suppress(OSError):
        for path in root.iterdir():
            if path.is_dir() and not path.name.startswith(".") and is_comparison(path):
                yield path
