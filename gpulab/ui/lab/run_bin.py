"""Deleted runs lie in the trash beside the others; what was deleted last in this window comes back at one press."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from gpulab.runs import store, trash
from gpulab.spec.problem import BadInput, Problem
from gpulab.ui.background import Background
from gpulab.viewmodels import loading
from gpulab.viewmodels.record import RunRecord


class RunBin(QObject):
    """`deleted` carries ids, `restored` records of runs that stand where they stood; `refused` what could not be done.

    `changed` says that there is more to bring back, or less.
    """

    deleted = Signal(list)
    restored = Signal(list)
    refused = Signal(tuple)
    changed = Signal()

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._last: list[list[Path]] = []

    @property
    def restorable(self) -> int:
        """How many runs the next `restore` would bring back."""
        return len(self._last[-1]) if self._last else 0

    def delete(self, folders: dict[str, Path]) -> None:
        """Moves runs, given by their ids, to the trash."""

        def work() -> tuple[dict[str, Path], list[Problem]]:
            trashed: dict[str, Path] = {}
            problems: list[Problem] = []
            for run_id, folder in folders.items():
                try:
                    trashed[run_id] = store.delete(folder)
                except BadInput as bad:
                    problems += bad.problems
            return trashed, problems

        self._background.run(work, self._deleted)

    def restore(self) -> None:
        """Brings back what was deleted last; again, what was deleted before that."""
        if not self._last:
            return
        folders = self._last.pop()
        self.changed.emit()

        def work() -> tuple[list[RunRecord], list[Problem]]:
            records: list[RunRecord] = []
            problems: list[Problem] = []
            for folder in folders:
                try:
                    records.append(loading.opened(trash.restore(folder)))
                except BadInput as bad:
                    problems += bad.problems
            return records, problems

        self._background.run(work, self._restored)

    def _deleted(self, found: tuple[dict[str, Path], list[Problem]]) -> None:
        trashed, problems = found
        if trashed:
            self._last.append(list(trashed.values()))
            self.deleted.emit(list(trashed))
            self.changed.emit()
        if problems:
            self.refused.emit(tuple(problems))

    def _restored(self, found: tuple[list[RunRecord], list[Problem]]) -> None:
        records, problems = found
        if records:
            self.restored.emit(records)
        if problems:
            self.refused.emit(tuple(problems))
