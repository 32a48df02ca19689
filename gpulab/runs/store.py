"""Ten thousand runs are to be listed at once, so what was read of each is remembered: see `gpulab.runs.index`."""

from __future__ import annotations

import os
import time
import tomllib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from gpulab.runs import index, trash
from gpulab.runs.cancelling import Cancelled
from gpulab.runs.digest import Digest
from gpulab.runs.files import write_whole
from gpulab.runs.folder import EXPERIMENT, META, Meta, existing, is_run, meta_of
from gpulab.runs.index import Line
from gpulab.runs.reading import digest_of
from gpulab.runs.recovery import close_if_vanished
from gpulab.runs.state import ACTIVE, RunState, state_of
from gpulab.spec.problem import Problem, detail_of, refuse

_SAVE_S = 5.0  # while thousands of runs are read anew, so much at most is lost when somebody ends it
Progress = Callable[[int, int], bool]


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
        self._lines: dict[str, Line] | None = None
        self._tidied = False

    def runs(self, told: Progress | None = None) -> list[RunEntry]:
        """Every run, the newest first. Damaged folders are listed with their problem.

        Whoever lists runs also tidies: runs whose worker is gone are ended, and old trash is deleted the first time.
        How many of how many have been read is told to `told`, which answers whether to go on. Raises Cancelled.
        """
        if not self._tidied:
            trash.empty(self.root, is_run)
            self._tidied = True
        names = sorted(folder_names(self.root), reverse=True)
        known = self._lines = self._lines if self._lines is not None else index.load(self.root)
        self._lines = {name: known[name] for name in names if name in known}
        entries, news, saved = [], len(self._lines) != len(known), time.monotonic()
        for number, name in enumerate(names):
            if told is not None and number % 64 == 0 and not told(number, len(names)):
                index.save(self.root, self._lines)
                raise Cancelled
            line = self._lines.setdefault(name, Line())
            entry, fresh = self._entry(name, line)
            entries.append(entry)
            news = news or fresh
            if fresh and time.monotonic() - saved > _SAVE_S:
                index.save(self.root, self._lines)
                saved = time.monotonic()
        if news:
            index.save(self.root, self._lines)
        return entries

    def _entry(self, name: str, line: Line) -> tuple[RunEntry, bool]:
        """The line of one run, and whether there is something new in it that is worth writing down."""
        path = f"{self.root}/{name}"
        if line.stands(path):
            digest = line.reading.digest
            return RunEntry(self.root / name, line.name, line.color, digest.status or "queued", digest), False
        run_dir, changed_ns, ended = self.root / name, _changed_ns(path), line.reading.digest.endings
        entry = _seen(run_dir, line.reading.catch_up(run_dir))
        if entry.state == "vanished":
            close_if_vanished(run_dir)
            changed_ns = _changed_ns(path)
            entry = _seen(run_dir, line.reading.catch_up(run_dir))
        entry.digest.summary = _listed(entry.digest.summary)
        settled = line.settled_ns
        line.name, line.color, line.settled_ns = entry.name, entry.color, 0
        if entry.digest.status == entry.state and entry.problem is None:
            line.settle(changed_ns)
        return entry, line.settled_ns != settled or entry.digest.endings != ended


def _listed(summary: dict[str, Any]) -> dict[str, Any]:
    """What a list needs of a summary: figures by slice would triple the time that ten thousand runs take to read."""
    part = {key: value for key, value in summary.items() if key != "slices"}
    if isinstance(compressed := part.get("compressed"), dict):
        part["compressed"] = _listed(compressed)
    return part


def entry_of(run_dir: Path) -> RunEntry:
    """The line of one run, wherever it lies."""
    return _seen(run_dir, digest_of(run_dir))


def folder_names(root: Path) -> list[str]:
    """The names of the folders below `root` that may be runs, in no order."""
    with suppress(OSError), os.scandir(root) as found:
        return [one.name for one in found if not one.name.startswith(".") and one.is_dir()]
    return []


def _seen(run_dir: Path, digest: Digest) -> RunEntry:
    meta = meta_of(run_dir)
    name, problem = digest.name, digest.problem
    if not digest.began:
        name, unreadable = _name_of_experiment(run_dir)
        problem = problem or unreadable
    state = state_of(run_dir, digest)
    return RunEntry(run_dir, meta.name or name or run_dir.name, meta.color, state, digest, problem)


def _changed_ns(path: str) -> int:
    with suppress(OSError):
        return os.stat(path).st_mtime_ns  # noqa: PTH116 - ten thousand Paths would take longer than all the rest
    return 0


def _name_of_experiment(run_dir: Path) -> tuple[str, Problem | None]:
    path = run_dir / EXPERIMENT
    if not is_run(run_dir):
        return "", Problem("run_missing", "", {"path": str(run_dir)})
    try:
        return str(tomllib.loads(path.read_text(encoding="utf-8")).get("name", "")), None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return "", Problem("experiment_unreadable", "", {"path": str(path), "detail": detail_of(error)})


def rename(run_dir: Path, name: str) -> None:
    """Calls the run `name` in lists and charts; an empty name gives it its experiment's again."""
    meta = Meta(meta_of(existing(run_dir)).color, name.strip())
    write_whole(run_dir / META, msgspec.json.encode(meta))


def delete(run_dir: Path) -> Path:
    """Moves the run to its root's trash, where it stays for a month; returns where it lies now.

    Raises BadInput `run_is_running`.
    """
    run_dir = existing(run_dir)
    if state_of(run_dir) in ACTIVE:
        raise refuse("run_is_running", path=str(run_dir))
    return trash.throw(run_dir)
