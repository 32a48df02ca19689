"""The crosshair of one chart: the line, the readout beside it, and which run the mouse is on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, QPointF
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QWidget

from gpulab.ui.charts.lines import Drawn
from gpulab.ui.charts.model import ChartState
from gpulab.ui.charts.readout import Readout, ReadoutRow
from gpulab.ui.charts.strokes import Frame
from gpulab.viewmodels.figures import Format, duration, figure, plain, si

NEAR = 14.0  # pixels within which a curve counts as pointed at
LONGEST = 28  # characters of a run's name


class Pointer:
    """Draws where the state says the crosshair is."""

    def __init__(self, plot: QWidget, view: Any, state: ChartState, format: Format) -> None:
        self._plot, self._view, self._state, self._format = plot, view, state, format
        self._line = pg.InfiniteLine(angle=90, movable=False)
        self._line.hide()
        view.addItem(self._line, ignoreBounds=True)
        self.readout = Readout(plot, state.theme)

    def dress(self) -> None:
        """Takes the theme's colours."""
        self._line.setPen(QPen(QColor(self._state.theme.muted), 1))
        self.readout.dress(self._state.theme)

    def show(self, lines: list[Drawn], here: bool, below: float) -> None:
        """Draws the crosshair, with names where the mouse is; the readout leaves the topmost `below` pixels free."""
        where = self._state.cross_x
        if where is None or not lines or (self._state.log_x and where <= 0):
            self._line.hide()
            self.readout.hide()
            return
        at = self._state.to_axis(where)
        self._line.setPos(at)
        self._line.show()
        rows = self._rows(lines, where, here)
        self.readout.setVisible(bool(rows))
        if rows:
            area = self._view.sceneBoundingRect().toRect().adjusted(0, round(below), 0, 0)
            x = self._view.mapViewToScene(QPointF(at, 0)).x()
            self.readout.show_at(round(x), area, self._place(where) if here else "", rows)

    def nearest(self, lines: list[Drawn], where: float, y: float, log_y: bool) -> str:
        """The run whose curve passes within a few pixels of the height `y` at `where`, else ""."""
        best, found = NEAR, ""
        frame = Frame((0.0, 1.0), tuple(self._view.viewRange()[1]), False, log_y, 1.0, self._view.rect().height())
        for drawn in lines:
            index = drawn.track.index_at(self._state.axis, where)
            if index is None:
                continue
            heights = frame.pixels((np.zeros(1), drawn.track.smoothed[index : index + 1]))[1]
            if len(heights) and abs(float(heights[0]) - y) < best:
                best, found = abs(float(heights[0]) - y), drawn.run.run_id
        return found

    def _rows(self, lines: list[Drawn], where: float, here: bool) -> list[ReadoutRow]:
        values: dict[str, list[str]] = {}
        for drawn in lines:
            index = drawn.track.index_at(self._state.axis, where)
            if index is not None:
                values.setdefault(drawn.run.run_id, []).append(figure(float(drawn.track.raw[index]), self._format))
        return [self._row(run_id, "   ".join(texts), here) for run_id, texts in values.items()]

    def _row(self, run_id: str, values: str, here: bool) -> ReadoutRow:
        run = self._state.runs[run_id]
        color, dash = run.style(self._state.theme)
        label = run.label if len(run.label) <= LONGEST else run.label[: LONGEST - 1] + "…"
        return ReadoutRow(color, dash, label if here else "", values, run_id == self._state.highlight)

    def _place(self, where: float) -> str:
        words = QCoreApplication.translate
        if self._state.axis == "step":
            return words("Pointer", "step {x}").format(x=f"{where:,.0f}")
        if self._state.axis == "tokens":
            return words("Pointer", "{x} tokens").format(x=si(where))
        if self._state.axis == "seconds":
            return words("Pointer", "after {x}").format(x=duration(where))
        return words("Pointer", "epoch {x}").format(x=plain(where, 3))
