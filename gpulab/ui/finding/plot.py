"""One chart of a job: curves or points over a rate or a batch, with a line at each place that is suggested."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QVBoxLayout

from gpulab.ui.charts.axes import TickAxis
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme
from gpulab.viewmodels.charting import reach_y
from gpulab.viewmodels.figures import figure
from gpulab.viewmodels.finding_values import Curve, Mark, Plot

_SYMBOLS = ("o", "s", "t1", "d", "p", "star", "h", "t")  # the second cue beside colour
_DOT = 9
_POINTED = 1.5  # signs with points look smaller than they are
_AIR = 0.04  # of the width, on both sides
_MOST_TICKS = 12
_BAR = 0.5  # of the distance between two
_BEAM = 0.08  # the ends of an interval, of the same
_EDGE = 0.15  # of the width: so near to a side a label has no room on it


class JobPlot(QFrame):
    """A card that shows a `Plot`, and quiet words while there is nothing in it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("card", True)
        self._theme = theme
        self._plot: Plot | None = None
        self.title, self.legend = QLabel(), QLabel()
        self.title.setProperty("heading", True)
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self._left, self._bottom = TickAxis("left", "plain"), TickAxis("bottom", "plain")
        self.view = pg.PlotWidget(axisItems={"left": self._left, "bottom": self._bottom})
        self.view.setMenuEnabled(False)
        self.view.setMouseEnabled(False, False)
        self.view.hideButtons()
        self.view.setMinimumSize(240, 120)
        self._quiet = QLabel(said("Nothing measured yet."), self.view)
        self._quiet.setProperty("muted", True)
        self._quiet.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lay_out()
        self.set_theme(theme)

    def _lay_out(self) -> None:
        self.legend.setWordWrap(True)  # a search may try many batches
        self.legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 6)
        column.addWidget(self.title)
        column.addWidget(self.legend)
        column.addWidget(self.view, 1)
        over = QVBoxLayout(self.view)
        over.addWidget(self._quiet)

    def set_theme(self, theme: Theme) -> None:
        """Draws everything in the theme's colours."""
        self._theme = theme
        self.view.setBackground(theme.surface)
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 0.92)
        metrics = QFontMetrics(font)
        for axis in (self._left, self._bottom):
            axis.dress(theme, font, metrics.height(), metrics.horizontalAdvance("8888 MB") + 10)
        self.view.getPlotItem().layout.setContentsMargins(0, metrics.height() // 2, metrics.averageCharWidth() * 2, 0)
        if self._plot is not None:
            self.show_plot(self._plot)

    def show_plot(self, plot: Plot) -> None:
        """Shows `plot` in place of what was shown."""
        self._plot = plot
        self.title.setText(
            said(plot.title)
            + (
                f"  <span style='color:{self._theme.muted};font-weight:400'>{said(plot.unit)}</span>"
                if plot.unit
                else ""
            )
        )
        self.setAccessibleName(said(plot.title))
        self.view.clear()
        measured = [curve for curve in plot.curves if curve.x]
        self._quiet.setVisible(not measured)
        self.legend.setText(_legend(plot.curves, self._theme))
        self.legend.setVisible(bool(self.legend.text()))
        for axis in (self._left, self._bottom):
            axis.setVisible(bool(measured))
        for number, curve in enumerate(plot.curves):
            if curve.x:
                self._draw(curve, number, plot)
        if measured:
            self._reach(plot, measured)
            self._mark(plot)

    def _draw(self, curve: Curve, number: int, plot: Plot) -> None:
        x, color = [_place(value, plot) for value in curve.x], _color(curve, number, self._theme)
        if curve.low:
            self._whiskers(x, curve, color)
        if curve.style == "bar":
            self._bar(x[0], curve.y[0], max((curve.y[0], *curve.high)), color)
        elif curve.style == "dots":
            brush, pen = pg.mkBrush(color), pg.mkPen(self._theme.surface, width=1)
            symbol = _SYMBOLS[number % len(_SYMBOLS)]
            size = _DOT if symbol in "os" else _DOT * _POINTED
            self.view.plot(x, curve.y, pen=None, symbol=symbol, symbolSize=size, symbolBrush=brush, symbolPen=pen)
        elif curve.style == "faint":
            self.view.plot(x, curve.y, pen=pg.mkPen(color, width=1))
        else:
            few = {"symbol": "o", "symbolSize": 6, "symbolBrush": color, "symbolPen": None} if len(x) < 30 else {}
            self.view.plot(x, curve.y, pen=pg.mkPen(color, width=2.2), antialias=True, **few)

    def _whiskers(self, x: Sequence[float], curve: Curve, color: QColor) -> None:
        """The interval of each point; one without a length has none."""
        known = [at for at in range(len(x)) if curve.low[at] < curve.high[at]]
        if known:
            middle, low, high = (np.array([side[at] for at in known]) for side in (curve.y, curve.low, curve.high))
            places = np.array([x[at] for at in known])
            pen = pg.mkPen(color if curve.style == "dots" else self._theme.text, width=1.6)
            bars = pg.ErrorBarItem(x=places, y=middle, top=high - middle, bottom=middle - low, beam=_BEAM, pen=pen)
            bars.setZValue(1)
            self.view.addItem(bars)

    def _bar(self, x: float, y: float, top: float, color: QColor) -> None:
        """From zero to `y`; the figure stands above `top`, where the interval ends."""
        self.view.addItem(pg.BarGraphItem(x=[x], height=[y], width=_BAR, brush=color, pen=None))
        label = pg.TextItem(figure(y, "plain"), color=self._theme.text, anchor=(0.5, 1.0))
        label.setPos(x, top)
        self.view.addItem(label, ignoreBounds=True)

    def _reach(self, plot: Plot, curves: Sequence[Curve]) -> None:
        """The noise of single steps may leave the picture; the smoothed line may not."""
        x = [_place(value, plot) for curve in curves for value in curve.x]
        air = _BAR if plot.places else max((max(x) - min(x)) * _AIR, 0.02)
        leading = [curve for curve in curves if curve.style != "faint"] or curves
        y = [value for curve in leading for value in (*curve.y, *curve.low, *curve.high)]
        self.view.setXRange(min(x) - air, max(x) + air, padding=0)
        self.view.setYRange(*reach_y(min(y), max(y), log=False, from_zero=plot.from_zero), padding=0)
        self._left.show_as(plot.format, log=False)
        values = sorted({value for curve in curves for value in curve.x})
        whole = all(value.is_integer() for value in values) and len(values) <= _MOST_TICKS
        self._bottom.show_as("plain", log=plot.log_x, name="" if whole else said(plot.x_name))
        self._bottom.name_places([said(words) for words in plot.places])
        if whole and not plot.places:
            self._bottom.setTicks([[(_place(value, plot), f"{value:.0f}") for value in values]])

    def _mark(self, plot: Plot) -> None:
        """A dashed line at each place, its label on the side where there is room: outside where there are two."""
        low, high = self.view.viewRange()[0]
        for rank, mark in enumerate(sorted(plot.marks, key=lambda mark: mark.x)):
            x = _place(mark.x, plot)
            color = _mark_color(mark, self._theme)
            self.view.addItem(pg.InfiniteLine(x, pen=pg.mkPen(color, width=1.6, style=Qt.PenStyle.DashLine)))
            share = (x - low) / (high - low)
            to_the_right = share < _EDGE or (rank > 0 and share < 1 - _EDGE)
            label = pg.TextItem(
                said(mark.words) or _words(mark.x), color=color, anchor=(-0.1 if to_the_right else 1.1, 0.0)
            )
            label.setPos(x, self.view.viewRange()[1][1])
            self.view.addItem(label, ignoreBounds=True)


def _mark_color(mark: Mark, theme: Theme) -> str:
    """Green for what is safe, or for the first of several suggestions."""
    if mark.severity == "danger":
        return theme.danger
    return theme.good if mark.severity == "good" or (not mark.severity and mark.number == 0) else theme.muted


def _words(value: float) -> str:
    """A learning rate to three digits, a batch whole."""
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _place(value: float, plot: Plot) -> float:
    return math.log10(value) if plot.log_x else value


def _color(curve: Curve, number: int, theme: Theme) -> QColor:
    if curve.style == "bar":
        return QColor(theme.runs[number % len(theme.runs)])
    if curve.style == "faint":
        color = QColor(theme.muted)
        color.setAlphaF(0.6)
        return color
    return QColor(theme.runs[number % len(theme.runs)] if curve.style == "dots" else theme.accent)


_GLYPHS = {"o": "●", "s": "■", "t1": "▲", "d": "◆", "p": "⬟", "star": "★", "h": "⬢", "t": "▼"}


def _legend(curves: Sequence[Curve], theme: Theme) -> str:
    """Each curve's sign in its colour, with its name; nothing where there is only one."""
    parts = []
    for number, curve in enumerate(curves):
        if curve.label:
            glyph = _GLYPHS[_SYMBOLS[number % len(_SYMBOLS)]] if curve.style == "dots" else "━"
            color = theme.muted if curve.style == "faint" else _color(curve, number, theme).name()
            parts.append(f"<span style='color:{color}'>{glyph}</span>&nbsp;{said(curve.label).replace(' ', '&nbsp;')}")
    return "&nbsp;&nbsp; ".join(parts)
