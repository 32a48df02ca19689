"""The chart of a lesson's step: a line a side, labelled, growing while its work runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor

from gpulab.ui.compare.chart import PlotCard, Table
from gpulab.ui.compare.marks import pen_of, size_of, symbol_of
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme, run_style
from gpulab.viewmodels.charting import reach_y
from gpulab.viewmodels.learning.reading import Curve

_DOTS = 7
_THICK = 3.0
_TITLES = {
    "train_loss": "Training loss, step by step",
    "val_loss": "Loss on text it never trains on",
    "tokens_per_s": "Training speed, tokens in a second",
    "grad_norm": "Size of the gradient",
    "learning_rate": "Learning rate",
}
_RATES = ("tokens_per_s",)


class LessonChart(PlotCard):
    """Draws `Curve`s of one series."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(said("Chart"), "lesson", theme)
        self._shown: tuple[Curve, ...] = ()
        self._series = ""
        self.note.hide()
        self.say_quietly(said("Nothing has run yet."))

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self._draw_all()

    def show_curves(self, series: str, curves: Sequence[Curve], instead: str) -> None:
        """The curves of `series`; the words `instead` where there are none."""
        shown = tuple(one for one in curves if len(one.x))
        title = said(_TITLES.get(series, series.replace("_", " ").capitalize()))
        self.title.setText(title)
        self.setAccessibleName(title)
        if series != self._series:
            self._zoomed = False
        before, self._shown, self._series = (self._series, self._shown), shown, series
        self.say_quietly("" if shown else instead)
        if before[0] != series or not _same(before[1], shown):
            self._draw_all()

    def _draw_all(self) -> None:
        self.view.clear()
        self.show_legend([(one.place, one.name) for one in self._shown if one.name])
        for one in reversed(self._shown):  # the baseline lies on top
            color = QColor(run_style(one.place, self.theme)[0])
            self.view.addItem(pg.PlotCurveItem(one.x, one.y, pen=pen_of(one.place, self.theme, _THICK), antialias=True))
            some = np.unique(np.linspace(0, len(one.x) - 1, min(_DOTS, len(one.x))).astype(int))
            shapes = {"symbol": symbol_of(one.place), "size": size_of(one.place, 9.0), "brush": color, "pen": None}
            self.view.addItem(pg.ScatterPlotItem(one.x[some], one.y[some], **shapes))
        if self._shown:
            self._fit()

    def _fit(self) -> None:
        low, high = (min(float(np.min(one.y)) for one in self._shown), max(float(np.max(one.y)) for one in self._shown))
        first, last = min(float(one.x[0]) for one in self._shown), max(float(one.x[-1]) for one in self._shown)
        self.left.show_as("rate" if self._series in _RATES else "plain", log=False)
        self.bottom.show_as("si", log=False, seconds=False, name=said("step"))
        self.reach((min(0.0, first), max(last, 1e-9) * 1.02), reach_y(low, high, log=False, from_zero=False))

    def figures(self) -> Table:
        """Every point of every line."""
        rows: list[list[str | float | int]] = [["side", "step", self._series]]
        rows += [[one.name, float(x), float(y)] for one in self._shown for x, y in zip(one.x, one.y, strict=True)]
        return rows


def _same(before: Sequence[Curve], after: Sequence[Curve]) -> bool:
    return len(before) == len(after) and all(
        (a.name, a.place) == (b.name, b.place) and a.x is b.x and a.y is b.y for a, b in zip(before, after, strict=True)
    )
