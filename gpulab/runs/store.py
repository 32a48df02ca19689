"""Hundreds of runs are to be listed at once, so what was read of each is remembered."""

from __future__ import annotations

import os
import shutil
import time
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from gpulab.runs.digest import Digest
from gpulab.runs.files import not_writable, read_json, write_whole
from gpulab.runs.folder import EXPERIMENT, META, Meta, existing, is_run, meta_of
from gpulab.runs.reading import Reading
from gpulab.runs.recovery import close_if_vanished
from gpulab.runs.state import ACTIVE, RunState, state_of
from gpulab.spec.problem import BadInput, Problem, refuse

INDEX = "index.json"
TRASH = ".trash"
TRASH_DAYS = 30


class RunEntry(msgspec.Struct, frozen=True):
    """A line of the list. `problem` says what is damaged; the rest is then what could still be read."""

    run_dir: Path
    name: str
    color: int
    state: RunState
    digest: Digest
    problem: Problem | None = None


class Store:
    """The runs below `root`. Keep one for as long as a list is shown: only what is new in a record is read again."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._index = read_json(root / INDEX, dict[str, Reading]) or {}
        self._tidied = False

    def runs(self) -> list[RunEntry]:
        """Every run, the newest first. Damaged folders are listed with their problem.

        Whoever lists runs also tidies: runs whose worker is gone are ended, and old trash is deleted the first time.
        """
        if not self._tidied:
            empty_trash(self.root)
            self._tidied = True
        folders = sorted(self._folders(), reverse=True)
        before = sum(one.digest.endings for one in self._index.values())
        entries = [self._settled(folder) for folder in folders]
        self._index = {folder.name: self._index[folder.name] for folder in folders if folder.name in self._index}
        if before != sum(one.digest.endings for one in self._index.values()):
            with suppress(BadInput):  # a store that can only be read is still listed
                write_whole(self.root / INDEX, msgspec.json.encode(self._index))
        return entries

    def entry(self, run_dir: Path) -> RunEntry:
        """The line of one run."""
        digest = self._index.setdefault(run_dir.name, Reading()).catch_up(run_dir)
        meta = meta_of(run_dir)
        name, problem = digest.name, digest.problem
        if not digest.began:
            name, unreadable = _name_of_experiment(run_dir)
            problem = problem or unreadable
        state = state_of(run_dir, digest)
        return RunEntry(run_dir, meta.name or name or run_dir.name, meta.color, state, digest, problem)

    def _settled(self, run_dir: Path) -> RunEntry:
        entry = self.entry(run_dir)
        if entry.state != "vanished":
            return entry
        close_if_vanished(run_dir)
        return self.entry(run_dir)

    def _folders(self) -> Iterator[Path]:
        with suppress(OSError):
            yield from (path for path in self.root.iterdir() if path.is_dir() and not path.name.startswith("."))


def _name_of_experiment(run_dir: Path) -> tuple[str, Problem | None]:
    path = run_dir / EXPERIMENT
    if not is_run(run_dir):
        return "", Problem("run_missing", "", {"path": str(run_dir)})
    try:
        return str(tomllib.loads(path.read_text(encoding="utf-8")).get("name", "")), None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return "", Problem("experiment_unreadable", "", {"path": str(path), "detail": str(error)})


def rename(run_dir: Path, name: str) -> None:
    """Calls the run `name` in lists and charts; an empty name gives it its experiment's again."""
    meta = Meta(meta_of(existing(run_dir)).color, name.strip())
    write_whole(run_dir / META, msgspec.json.encode(meta))


def delete(run_dir: Path) -> Path:
    """Moves the run to its root's trash, where it stays for `TRASH_DAYS`; returns where it lies now.

    Raises BadInput `run_is_running`.
    """
    run_dir = existing(run_dir)
    if state_of(run_dir) in ACTIVE:
        raise refuse("run_is_running", path=str(run_dir))
    trashed = _move(run_dir, run_dir.parent / TRASH / run_dir.name)
    os.utime(trashed)  # its days begin now
    return trashed


def restore(trashed: Path) -> Path:
    """Takes a run back out of the trash; returns where it stands again."""
    return _move(trashed, trashed.parent.parent / trashed.name)


def empty_trash(root: Path) -> None:
    """Deletes for good the runs that have lain in the trash of `root` for `TRASH_DAYS`, as far as that can be done."""
    oldest = time.time() - TRASH_DAYS * 86400
    with suppress(OSError):
        for trashed in (root / TRASH).iterdir():
            if is_run(trashed) and trashed.stat().st_mtime < oldest:
                shutil.rmtree(trashed, ignore_errors=True)


def _move(source: Path, target: Path) -> Path:
    if target.exists():
        raise refuse("file_exists", path=str(target))
    try:
        target.parent.mkdir(exist_ok=True)
        return source.rename(target)
    except OSError as error:
        raise not_writable(target.parent, error) from error
