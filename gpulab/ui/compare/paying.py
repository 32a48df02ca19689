"""Who pays: every part of the test text, the one that lost most on top."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFrame, QScrollArea

from gpulab.ui.compare.chart import ChartCard, Table
from gpulab.ui.compare.forest import Forest, Line
from gpulab.ui.compare.words import saying
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme
from gpulab.viewmodels.comparing.paying import Part, Paying
from gpulab.viewmodels.comparing.snapshot import Snapshot
from gpulab.viewmodels.figures import si


class PayingCard(ChartCard):
    """One arm at a time, chosen on top."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(said("Who pays"), "who-pays", theme)
        self.legend.hide()
        self.arms = QComboBox()
        self.arms.setAccessibleName(said("Whose text"))
        self.arms.activated.connect(lambda _: self._draw())
        self.top.addWidget(self.arms)
        self.forest = Forest(theme)
        self.forest.setProperty("clear", True)
        room = QScrollArea()
        room.setWidget(self.forest)
        room.setWidgetResizable(True)
        room.setFrameShape(QFrame.Shape.NoFrame)
        room.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.inside.addWidget(room, 1)
        self.inside.addWidget(self.note)
        self._snapshot: Snapshot | None = None

    def set_theme(self, theme: Theme) -> None:
        """Follows the window."""
        self.theme = theme
        self.forest.set_theme(theme)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draws the parts of the arm that is chosen."""
        arms = [arm.key for arm in snapshot.standing.comparison.arms[1:]]
        if [self.arms.itemData(at) for at in range(self.arms.count())] != arms:
            self.arms.clear()
            for arm in arms:
                self.arms.addItem(snapshot.names[arm], arm)
            told = (place for place, arm in enumerate(arms) if arm in snapshot.found.paying)
            self.arms.setCurrentIndex(next(told, 0))
        self.arms.setVisible(len(arms) > 1)
        self._snapshot = snapshot
        self._draw()

    @property
    def shown(self) -> Paying | None:
        """What is drawn."""
        return self._snapshot.found.paying.get(self.arms.currentData()) if self._snapshot else None

    def _draw(self) -> None:
        found = self.shown
        lines = [Line(_name(part)) for part in found.parts] if found else []
        self.forest.show_strips(lines, [found.strip] if found else [])
        self.note.setText(_about(found))

    def figures(self) -> Table:
        """Every part with its change and interval in percent."""
        rows: list[list[str | float | int]] = [["part", "bytes", "change %", "low %", "high %"]]
        if (found := self.shown) is not None:
            for part, dot in zip(found.parts, found.strip.dots, strict=True):
                rows.append([saying(part.name), part.bytes, dot.at, dot.low, dot.high])
        return rows


def _name(part: Part) -> str:
    text = said("{part}, {size}").format(part=saying(part.name), size=si(part.bytes, "B"))
    return f"▲ {text}" if part.pays else text


def _about(found: Paying | None) -> str:
    if found is None:
        return said("No pair of runs has told yet how it read each part of the test text.")
    text = said("Change in bits per byte of each part of the test text; the intervals hold for all parts together.")
    if any(part.pays for part in found.parts):
        text += " " + said("▲ lost more than the text as a whole.")
    if any(part.tiny for part in found.parts):
        text += " " + said("The last ones have too little text to be told from chance.")
    return text
