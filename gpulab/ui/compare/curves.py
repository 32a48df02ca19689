"""The curves of all arms, each the middle of its seeds with a band around it."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox

from gpulab.ui.compare.chart import PlotCard, Table
from gpulab.ui.compare.marks import pen_of, size_of, symbol_of
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme, run_style
from gpulab.viewmodels.charting import reach_y
from gpulab.viewmodels.comparing.curves import AXES, KEYS, Band
from gpulab.viewmodels.comparing.snapshot import Snapshot, Wish

_VEIL = 0.16
_DOTS = 9
_KEY_WORDS = {
    "val_loss": "Validation loss",
    "train_loss": "Training loss",
    "tokens_per_s": "Training speed, tokens/s",
    "grad_norm": "Size of the gradient",
}
_AXIS_WORDS = {"step": "by step", "tokens": "by tokens", "seconds": "by time"}
_AXIS_NAMES = {"step": "step", "tokens": "tokens", "seconds": "time"}


class CurvesCard(PlotCard):
    """`wished` asks for other curves, which come with a later snapshot."""

    wished = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__(said("Curves"), "curves", theme)
        self.keys, self.axes = QComboBox(), QComboBox()
        for key in KEYS:
            self.keys.addItem(said(_KEY_WORDS[key]), key)
        for axis in AXES:
            self.axes.addItem(said(_AXIS_WORDS[axis]), axis)
        self.keys.setAccessibleName(said("What the curves show"))
        self.axes.setAccessibleName(said("Horizontal axis"))
        self.axes.setToolTip(said("What the curves count along the bottom"))
        for box in (self.keys, self.axes):
            self.top.addWidget(box)
            box.activated.connect(lambda _: self.wished.emit(self.wish))
        self._shown: tuple[Band, ...] = ()
        self._names: dict[str, str] = {}
        self._snapshot: Snapshot | None = None

    @property
    def wish(self) -> Wish:
        """What the boxes say."""
        return Wish(self.keys.currentData(), self.axes.currentData())

    def set_theme(self, theme: Theme) -> None:
        """Draws everything anew."""
        super().set_theme(theme)
        if self._snapshot is not None:
            self._draw_all(self._snapshot)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draws the curves of `snapshot`, where they are others than those that are drawn."""
        if self._snapshot is not None and self._is_drawn(snapshot):
            return
        self._draw_all(snapshot)

    def _is_drawn(self, snapshot: Snapshot) -> bool:
        before, after = self._shown, snapshot.bands
        same = len(before) == len(after) and all(a is b for a, b in zip(before, after, strict=True))
        asked = self._snapshot is not None and self._snapshot.wish == snapshot.wish
        return same and asked and self._names == snapshot.names

    def _draw_all(self, snapshot: Snapshot) -> None:
        if self._snapshot is not None and snapshot.wish != self._snapshot.wish:
            self._zoomed = False
        self._snapshot, self._shown, self._names = snapshot, snapshot.bands, snapshot.names
        self.show_legend([(snapshot.places[band.arm], snapshot.names[band.arm]) for band in snapshot.bands])
        self.view.clear()
        bands = [band for band in snapshot.bands if len(band.x)]
        self.say_quietly("" if bands else said("No run has such values yet."))
        for band in reversed(bands):  # the baseline lies on top
            self._draw(band, snapshot.places[band.arm])
        if bands:
            self._fit(bands, snapshot.wish)
        self.note.setText(_about(bands, snapshot.wish.instead))

    def _draw(self, band: Band, place: int) -> None:
        color = QColor(run_style(place, self.theme)[0])
        if band.kind != "single":
            veil = QColor(color)
            veil.setAlphaF(_VEIL)
            edges = [pg.PlotCurveItem(band.x, edge, pen=None) for edge in (band.low, band.high)]
            self.view.addItem(pg.FillBetweenItem(*edges, brush=veil))
        self.view.addItem(pg.PlotCurveItem(band.x, band.middle, pen=pen_of(place, self.theme), antialias=True))
        some = np.unique(np.linspace(0, len(band.x) - 1, min(_DOTS, len(band.x))).astype(int))
        size = size_of(place, 7.0)
        shapes = {"symbol": symbol_of(place), "size": size, "brush": color, "pen": None}
        self.view.addItem(pg.ScatterPlotItem(band.x[some], band.middle[some], **shapes))

    def _fit(self, bands: list[Band], wish: Wish) -> None:
        low = min(float(np.min(band.low)) for band in bands)
        high = max(float(np.max(band.high)) for band in bands)
        last = max(float(band.x[-1]) for band in bands)
        self.left.show_as("rate" if wish.key == "tokens_per_s" else "plain", log=False)
        self.bottom.show_as("si", log=False, seconds=wish.axis == "seconds", name=said(_AXIS_NAMES[wish.axis]))
        first = min(float(band.x[0]) for band in bands)
        self.reach((min(0.0, first), max(last, 1e-9) * 1.02), reach_y(low, high, log=False, from_zero=False))

    def figures(self) -> Table:
        """Every point of every band."""
        rows: list[list[str | float | int]] = [["arm", "x", "middle", "low", "high", "seeds"]]
        for band in self._shown:
            for at in range(len(band.x)):
                ends = (float(band.x[at]), float(band.middle[at]), float(band.low[at]), float(band.high[at]))
                rows.append([self._names[band.arm], *ends, band.seeds])
        return rows


def _about(bands: list[Band], instead: bool) -> str:
    """What line and band are, and what is shown `instead` of what was wished for."""
    kinds = {band.kind for band in bands}
    least, most = min((b.seeds for b in bands), default=0), max((b.seeds for b in bands), default=0)
    seeds = f"{most}" if least == most else said("{least} to {most}").format(least=least, most=most)
    parts = [said("Training loss, until the first look at held-out text.")] if instead and bands else []
    if "interval" in kinds:
        parts.append(said("Line: mean over {seeds} seeds; band: 95 % interval of the mean.").format(seeds=seeds))
    if "range" in kinds:
        parts.append(said("Line: mean over {seeds} seeds; band: lowest to highest.").format(seeds=seeds))
    if kinds == {"single"}:
        parts.append(said("One seed so far, so there is no band."))
    return " ".join(parts)
