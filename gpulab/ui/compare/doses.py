"""How far can I go? What each dose costs in quality, the last safe one, and the cliff."""

from __future__ import annotations

import math

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from gpulab.analysis.doses import DosePoint, dose
from gpulab.ui.compare.chart import PlotCard, Table
from gpulab.ui.compare.words import saying
from gpulab.ui.form.words import words
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme
from gpulab.viewmodels.comparing.snapshot import Snapshot

_AIR = 0.06
_WIDE = 20.0  # doses further apart than that are drawn by their powers of ten


class DosesCard(PlotCard):
    """Quality lost by dose, in percent, with intervals; the region that counts as none is shaded."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(said("How far can I go?"), "doses", theme)
        self.legend.setProperty("muted", True)
        self.note.setProperty("muted", False)
        self._snapshot: Snapshot | None = None

    def set_theme(self, theme: Theme) -> None:
        """Draws everything anew."""
        super().set_theme(theme)
        if self._snapshot is not None:
            self.show_snapshot(self._snapshot)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draws the doses of `snapshot`."""
        self._snapshot = snapshot
        self.view.clear()
        points = [point for point in snapshot.found.points if math.isfinite(point.lost)]
        self.say_quietly("" if len(points) > 1 else said("No dose has come to its end yet."))
        self.legend.setText(_axes(snapshot))
        self.note.setText(" ".join(saying(one) for one in snapshot.found.sweep_says))
        if len(points) > 1:
            self._draw(snapshot, points)

    def _draw(self, snapshot: Snapshot, points: list[DosePoint]) -> None:
        log = points[0].dose > 0 and points[-1].dose / points[0].dose >= _WIDE
        region = snapshot.standing.comparison.rules.equal_quality
        x = [math.log10(point.dose) if log else point.dose for point in points]
        y = [100.0 * point.lost for point in points]
        veil = QColor(self.theme.good)
        veil.setAlphaF(0.14)
        wide = (x[-1] - x[0]) * _AIR
        across = [x[0] - wide, x[-1] + wide]
        edges = [pg.PlotCurveItem(across, [end, end], pen=None) for end in (-region, region)]
        self.view.addItem(pg.FillBetweenItem(*edges, brush=veil))
        self.view.addItem(pg.PlotCurveItem(x, y, pen=pg.mkPen(self.theme.accent, width=2.2), antialias=True))
        for at, point in zip(x, points, strict=True):
            self._mark(at, point, region)
        ends = [100.0 * end for p in points for end in (p.low, p.high) if math.isfinite(end) and abs(end) < 10]
        low, high = min([*y, *ends, -region]), max([*y, *ends, region])
        air = (high - low) * _AIR
        self.left.show_as("plain", log=False)
        self.bottom.show_as("plain", log=log)
        self.bottom.setTicks([[(at, dose(point.dose)) for at, point in zip(x, points, strict=True)]])
        self.reach((across[0], across[1]), (low - air, high + 3 * air))
        self._name_the_safe(snapshot, log, high + 3 * air)

    def _mark(self, at: float, point: DosePoint, region: float) -> None:
        safe = point.safe(region / 100.0)
        color = QColor(self.theme.good if safe else self.theme.danger)
        if math.isfinite(point.low + point.high):
            ends = [100.0 * point.low, 100.0 * point.high]
            self.view.addItem(pg.PlotCurveItem([at, at], ends, pen=pg.mkPen(color, width=2)))
        shape = {"symbol": "o" if safe else "x", "size": 11, "brush": color, "pen": None}
        self.view.addItem(pg.ScatterPlotItem([at], [100.0 * point.lost], **shape))

    def _name_the_safe(self, snapshot: Snapshot, log: bool, top: float) -> None:
        """A line at the last safe dose of each side, and one where quality falls off."""
        sweep = snapshot.found.sweep
        for side in sweep.sides if sweep and not sweep.nothing_safe else ():
            self._line(side.safe.dose, said("last safe"), self.theme.good, log, top)
            if side.cliff is not None and not side.cliff.unsure:
                self._line(side.cliff.after.dose, said("cliff"), self.theme.danger, log, top)

    def _line(self, at: float, text: str, color: str, log: bool, top: float) -> None:
        place = math.log10(at) if log else at
        low, high = self.area.viewRange()[0]
        self.view.addItem(pg.InfiniteLine(place, pen=pg.mkPen(color, width=1.6, style=Qt.PenStyle.DashLine)))
        label = pg.TextItem(text, color=color, anchor=(-0.1 if place < (low + high) / 2 else 1.1, 0.0))
        label.setPos(place, top)
        self.view.addItem(label, ignoreBounds=True)

    def figures(self) -> Table:
        """Every dose with what it lost, in percent."""
        rows: list[list[str | float | int]] = [["dose", "quality lost %", "low %", "high %"]]
        if self._snapshot is not None:
            rows += [[p.dose, 100 * p.lost, 100 * p.low, 100 * p.high] for p in self._snapshot.found.points]
        return rows


def _axes(snapshot: Snapshot) -> str:
    """What lies upwards, what across, and what is shaded."""
    rules, path = snapshot.standing.comparison.rules, snapshot.standing.comparison.dose
    label = next((words(one.label) for one in snapshot.differences if one.path == path), path)
    text = said("Change of bits per byte in %, by “{dose}”. Shaded: up to {region:g} % counts as none.")
    return text.format(dose=label, region=rules.equal_quality)
