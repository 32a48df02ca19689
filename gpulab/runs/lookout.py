"""Others start and delete runs too; noticing that must cost nothing while nothing happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from gpulab.runs.folder import is_run
from gpulab.runs.store import folder_names

_TICK_NS = 2_000_000_000  # a folder that changed this recently may change again without a new time stamp


class Lookout:
    """Compares the folders below `root` with the runs that somebody knows, when `root` has changed since the last look.

    A folder is a run once it holds an experiment or a record; until then it is looked at again each time.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._changed_ns = 0

    def look(self, known: Callable[[], Mapping[str, Path]]) -> tuple[list[Path], list[str]]:
        """Runs that are not among the `known` folders by names, the oldest first, and names whose folders are gone."""
        try:
            changed_ns = self.root.stat().st_mtime_ns
        except OSError:  # not there yet, or a disk that was taken away: its runs are not gone for that
            return [], []
        if changed_ns == self._changed_ns:
            return [], []
        now, names, folders = time.time_ns(), frozenset(folder_names(self.root)), known()
        unknown = [self.root / name for name in sorted(names - folders.keys())]
        appeared = [path for path in unknown if is_run(path)]
        gone = [name for name, folder in folders.items() if name not in names and not is_run(folder)]
        whole = len(appeared) == len(unknown) and changed_ns + _TICK_NS < now
        self._changed_ns = changed_ns if whole else 0
        return appeared, gone
