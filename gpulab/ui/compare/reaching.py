"""What equal quality takes: a row an arm, a column each of steps, tokens, time, energy and money."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gpulab.ui.compare.marks import mark_icon
from gpulab.ui.compare.words import ARROWS
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme
from gpulab.viewmodels.comparing.reaching import WHATS, Cost, Reaching, What
from gpulab.viewmodels.comparing.snapshot import Snapshot

_HEADS: dict[What, str] = {
    "steps": "Steps",
    "tokens": "Tokens",
    "seconds": "Time",
    "joules": "Energy",
    "money": "Money",
}
_NOT = {
    "partly": "{there} of {seeds} runs came to it; of the others it cannot be told.",
    "never": "None of {seeds} runs came to it, and their curves do not tell when they would.",
}


class ReachingTable(QWidget):
    """With a sentence on top that says what is reached, and one below on what an estimate is."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._snapshot: Snapshot | None = None
        self.about, self.note = QLabel(), QLabel()
        for label in (self.about, self.note):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.note.setProperty("muted", True)
        self.table = QTableWidget()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setFrameShape(QFrame.Shape.NoFrame)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.setAccessibleName(said("Cost of equal quality"))
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setMinimumSectionSize(90)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 0)
        column.addWidget(self.about)
        column.addWidget(self.table, 1)
        column.addWidget(self.note)

    def set_theme(self, theme: Theme) -> None:
        """Follows the window."""
        self._theme = theme
        if (snapshot := self._snapshot) is not None:
            self._snapshot = None
            self.show_snapshot(snapshot)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Fills the table where something changed."""
        if self._snapshot is not None and self._snapshot.found is snapshot.found:
            return
        self._snapshot = snapshot
        found = snapshot.found.reaching
        whats = [what for what in WHATS if any(cost.what == what for one in found for cost in one.costs)]
        self.table.clearSpans()
        self.table.setVisible(bool(found))
        self.table.setRowCount(len(found))
        self.table.setColumnCount(max(1, len(whats)))
        self.table.setHorizontalHeaderLabels([said(_HEADS[what]) for what in whats] or [""])
        for row, one in enumerate(found):
            mark = mark_icon(snapshot.places[one.arm], self._theme, self.fontMetrics().height())
            self.table.setVerticalHeaderItem(row, QTableWidgetItem(mark, snapshot.names[one.arm]))
            self._fill(row, one, whats)
        self.table.resizeRowsToContents()
        self.about.setText(_about(snapshot))
        self.note.setText(_note(snapshot))

    def _fill(self, row: int, one: Reaching, whats: list[What]) -> None:
        if not one.costs:
            item = QTableWidgetItem(said(_NOT.get(one.how, "")).format(there=one.there, seeds=one.seeds))
            self.table.setItem(row, 0, item)
            if len(whats) > 1:  # Qt complains of the others
                self.table.setSpan(row, 0, 1, len(whats))
            return
        costs = {cost.what: cost for cost in one.costs}
        for column, what in enumerate(whats):
            if what in costs:
                self.table.setItem(row, column, self._item(costs[what], one))

    def _item(self, cost: Cost, one: Reaching) -> QTableWidgetItem:
        about = "≈ " if one.estimate else ""
        lines = [
            f"{about}{cost.value}",
            said("baseline {base}").format(base=cost.base),
            f"{ARROWS[cost.way]} {cost.change} {said('less') if cost.way < 0 else said('more') if cost.way else ''}",
            cost.interval,
        ]
        item = QTableWidgetItem("\n".join(line.rstrip() for line in lines if line.strip()))
        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if not cost.interval:
            item.setForeground(QColor(self._theme.muted))
        return item


def _about(snapshot: Snapshot) -> str:
    found = snapshot.found.reaching
    name = snapshot.standing.comparison.baseline.name
    if not found:
        return said(
            "There is nothing to compare here: either no pair of runs has come to its end yet, or both sides are the "
            "same training, or it is a compressed model that is judged."
        )
    return said(
        "What it takes to be as good as “{name}” in the end, {target} bits per byte of validation text."
    ).format(name=name, target=found[0].target)


def _note(snapshot: Snapshot) -> str:
    parts = []
    if any(one.estimate for one in snapshot.found.reaching):
        parts.append(said("≈ is an estimate: some run ended before it was that good, and its curve was drawn on."))
    rules = snapshot.standing.comparison.rules
    if snapshot.found.reaching and not rules.price_per_hour and not rules.price_per_kwh:
        parts.append(said("Set a price in a comparison to see money here."))
    if snapshot.found.reaching:
        parts.append(said("Medians over seeds; the last line is the 95 % interval of the change."))
    return " ".join(parts)
