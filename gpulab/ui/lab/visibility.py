"""Decides whose curves are in the charts, in one place for table, charts and menus."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from PySide6.QtCore import QObject, Signal

_MOST_KEPT = 8
_MOST_SELECTED = 60  # more curves than this tell nobody anything


class Visibility(QObject):
    """A run is shown while it is selected or kept; a person's own show or hide outweighs both.

    Runs that were started in this window are kept, so that curves gather and can be compared by eye.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._selected: frozenset[str] = frozenset()
        self._kept: list[str] = []
        self._said: dict[str, bool] = {}

    def shown(self, run_id: str) -> bool:
        """Whether the run's curves are in the charts."""
        return self._said.get(run_id, run_id in self._selected or run_id in self._kept)

    def select(self, run_ids: Iterable[str]) -> None:
        """The table's selection: of very many the first. Selecting a run that was hidden shows it again."""
        chosen = frozenset(islice(run_ids, _MOST_SELECTED))
        for run_id in chosen - self._selected:
            if self._said.get(run_id) is False:
                del self._said[run_id]
        if chosen != self._selected:
            self._selected = chosen
            self.changed.emit()

    def keep(self, run_id: str) -> None:
        """Keeps the run's curves; of many, the newest."""
        self._kept = [*(each for each in self._kept if each != run_id), run_id][-_MOST_KEPT:]
        self._said.pop(run_id, None)
        self.changed.emit()

    def set(self, run_ids: Iterable[str], shown: bool) -> None:
        """A person's own word."""
        self._said |= dict.fromkeys(run_ids, shown)
        self.changed.emit()

    def toggle(self, run_id: str) -> None:
        """Shows the run if it is hidden, hides it if it is shown."""
        self.set([run_id], not self.shown(run_id))

    def forget(self, run_ids: Iterable[str]) -> None:
        """The runs are gone."""
        gone = frozenset(run_ids)
        self._kept = [each for each in self._kept if each not in gone]
        self._selected -= gone
        self._said = {run_id: shown for run_id, shown in self._said.items() if run_id not in gone}
        self.changed.emit()
