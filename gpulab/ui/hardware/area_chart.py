"""A stack of what memory is for, over a step or over a run, with its peak marked."""

from __future__ import annotations

from html import escape
from itertools import pairwise

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontMetrics, QPen

from gpulab.ui.compare.chart import PlotCard, Table
from gpulab.ui.hardware.part_colours import part_colour
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme
from gpulab.viewmodels.charting import reach_y
from gpulab.viewmodels.hardware.memory import Areas

_HEAD = 1.16  # room above the peak for the names of phases
_DOT = 9.0
_LINES = 4.5  # of type, at least


class AreaChart(PlotCard):
    """Words until there is something to show."""

    def __init__(self, title: str, key: str, theme: Theme) -> None:
        super().__init__(title, key, theme)
        self._areas: Areas | None = None
        self._name = title
        self.explains = True
        """Whether it says which colour is which; one of two charts does for both."""
        self.note.hide()
        self._fit_type()

    def show_areas(self, areas: Areas | None, quiet: str) -> None:
        """Draws `areas`; `quiet` stands there where there are none."""
        self._areas = areas
        self.say_quietly("" if areas else quiet)
        self._draw()

    def set_theme(self, theme: Theme) -> None:
        """Draws everything anew."""
        super().set_theme(theme)
        self._fit_type()
        self._draw()

    def _fit_type(self) -> None:
        """Two of them stand above each other in a low window."""
        self.view.setMinimumSize(220, round(self.fontMetrics().height() * _LINES))

    def figures(self) -> Table:
        """A row a moment, a column a part; parts stand alone, not on each other."""
        areas = self._areas
        if areas is None:
            return ()
        rows: list[list[str | float | int]] = [[areas.x_name, *(layer.key for layer in areas.layers)]]
        for at, x in enumerate(areas.x):
            tops = [0.0, *(layer.tops[at] for layer in areas.layers)]
            rows.append([x, *(after - before for before, after in pairwise(tops))])
        return rows

    def _draw(self) -> None:
        self.view.clear()
        areas = self._areas
        self.legend.setVisible(areas is not None and self.explains)
        self._entitle()
        if areas is None:
            return
        self.legend.setText(self._legend_of(areas))
        xs = [*areas.x, areas.bands[-1].end if areas.bands else areas.x[-1]]
        last = max(xs[-1], xs[0] + 1e-9)
        for layer in reversed(areas.layers):
            self._layer(xs, layer.tops, part_colour(layer.key, self.theme), areas.steps)
        most = max([areas.peak[1], *areas.reserved])
        low, high = reach_y(0.0, most * (_HEAD if areas.bands else 1.02), log=False, from_zero=True)
        if areas.reserved:
            self._line(xs, areas.reserved)
        self.left.show_as("bytes", log=False)
        self.bottom.show_as("plain", log=False, name=said(areas.x_name))
        self.reach((xs[0], last), (low, high))
        self._name_bands(areas, high)
        self._mark_peak(areas)

    def _entitle(self) -> None:
        """The peak stands in the title, where nothing lies under it."""
        areas, told = self._areas, ""
        if areas is not None:
            at = areas.peak_in or said("step {n}").format(n=f"{areas.peak[0]:.0f}")
            words = said("peak {amount}, {where}").format(amount=areas.peak_figure, where=said(at))
            told = f"<span style='color:{self.theme.danger}'>●</span>&nbsp;{escape(words)}"
        muted = f"<span style='color:{self.theme.muted};font-weight:400'>{told}</span>"
        self.title.setText(f"{self._name}&nbsp;&nbsp; {muted}")
        self.setAccessibleName(f"{self._name}, {areas.peak_figure}" if areas else self._name)

    def _legend_of(self, areas: Areas) -> str:
        parts = [
            f"<span style='color:{part_colour(layer.key, self.theme)}'>■</span>&nbsp;"
            f"{escape(said(layer.label)).replace(' ', '&nbsp;')}"
            for layer in areas.layers
        ]
        return "&nbsp;&nbsp;&nbsp; ".join([*parts, *([f"╌&nbsp;{said('reserved')}"] if areas.reserved else [])])

    def _layer(self, xs: list[float], tops: tuple[float, ...], colour: str, steps: bool) -> None:
        """Drawn from the highest down, each over the one before."""
        fill = QColor(colour)
        x, y = _stairs(xs, tops) if steps else (xs[:-1], list(tops))
        edge = pg.mkPen(self.theme.surface, width=1)
        self.view.addItem(pg.PlotCurveItem(x, y, pen=edge, fillLevel=0.0, brush=fill), ignoreBounds=True)

    def _line(self, xs: list[float], values: tuple[float, ...]) -> None:
        pen = QPen(QColor(self.theme.text), 1.4, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        self.view.addItem(pg.PlotCurveItem(*_stairs(xs, values), pen=pen), ignoreBounds=True)

    def _name_bands(self, areas: Areas, high: float) -> None:
        """A line where a phase begins, and its name where it has room."""
        width = self.area.rect().width()
        span = max(areas.bands[-1].end - areas.x[0], 1e-9) if areas.bands else 1.0
        metrics = QFontMetrics(self.font())
        for band in areas.bands:
            room = width * (band.end - band.start) / span
            words = said(band.label)
            if metrics.horizontalAdvance(words) + 10 > room:
                continue
            pen = QPen(QColor(self.theme.strong_border), 1.0, Qt.PenStyle.DotLine)
            pen.setCosmetic(True)
            self.view.addItem(pg.InfiniteLine(band.start, pen=pen), ignoreBounds=True)
            label = pg.TextItem(words, color=self.theme.muted, anchor=(0.5, 0.0))
            label.setFont(self.font())
            label.setPos((band.start + band.end) / 2, high)
            self.view.addItem(label, ignoreBounds=True)

    def _mark_peak(self, areas: Areas) -> None:
        x, y = areas.peak
        mark = {"size": _DOT, "brush": self.theme.danger, "pen": pg.mkPen(self.theme.surface, width=1.4)}
        self.view.addItem(pg.ScatterPlotItem([x], [y], **mark), ignoreBounds=True)


def _stairs(xs: list[float], values: tuple[float, ...]) -> tuple[list[float], list[float]]:
    """Each value holds until the next place; the last one to the end of `xs`, which is one longer."""
    x = [place for start, end in pairwise(xs) for place in (start, end)]
    return x, [value for value in values for _ in "ab"]
