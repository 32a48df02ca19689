"""All changes at a glance: small multiples, one column a metric, one row an arm."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea

from gpulab.ui.compare.chart import ChartCard, Table
from gpulab.ui.compare.forest import Forest, Line
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme
from gpulab.viewmodels.comparing.snapshot import Snapshot


class GlanceCard(ChartCard):
    """A forest of every judged change."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(said("Changes against the baseline"), "changes", theme)
        self.legend.hide()
        self.forest = Forest(theme)
        room = QScrollArea()
        room.setWidget(self.forest)
        room.setWidgetResizable(True)
        room.setFrameShape(QFrame.Shape.NoFrame)
        room.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.forest.setProperty("clear", True)
        self.inside.addWidget(room, 1)
        self.inside.addWidget(self.note)
        self._snapshot: Snapshot | None = None

    def set_theme(self, theme: Theme) -> None:
        """Follows the window."""
        self.theme = theme
        self.forest.set_theme(theme)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draws the changes of `snapshot`."""
        if self._snapshot is not None and self._snapshot.found is snapshot.found:
            return
        self._snapshot = snapshot
        variants = snapshot.standing.comparison.arms[1:]
        lines = [Line(arm.name, snapshot.places[arm.key]) for arm in variants]
        self.forest.show_strips(lines, snapshot.strips)
        self.note.setText(
            said(
                "Dot: mean change; line: 95 % interval, dotted while there is none. Shaded: counts as no difference. "
                "A hollow dot is not decided yet."
            )
            if snapshot.strips
            else said("No pair of runs has come to its end yet.")
        )

    def figures(self) -> Table:
        """Every change as it is written, with its interval in percent."""
        if self._snapshot is None:
            return ()
        names = [arm.name for arm in self._snapshot.standing.comparison.arms[1:]]
        rows: list[list[str | float | int]] = [["metric", "arm", "change %", "low %", "high %", "word"]]
        for strip in self._snapshot.strips:
            rows += [[strip.title, names[dot.row], dot.at, dot.low, dot.high, dot.tone] for dot in strip.dots]
        return rows
