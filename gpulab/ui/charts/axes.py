"""Axes with ticks as people read them: SI units, bytes, minutes, and true values on a logarithmic scale."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from gpulab.ui.theme import Theme
from gpulab.viewmodels.charting import nice_step
from gpulab.viewmodels.figures import Format, duration, plain, ticks

Levels = list[tuple[float, list[float]]]

SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800)
OUT = 90
_LETTERS = 60  # of all names together, as long as the longest: more need a second line
PIXELS_EACH = {"bottom": 5.0, "left": 2.2}  # room for a tick, in line heights


class TickAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """One axis. `log` says that positions are log10 of the values."""

    def __init__(self, orientation: str, format: Format) -> None:
        super().__init__(orientation, maxTickLength=0)
        self.format: Format = format
        self.seconds = False
        self.log = False
        self.name = ""
        self.setStyle(tickTextOffset=6, autoExpandTextSpace=False, autoReduceTextSpace=False)

    def dress(self, theme: Theme, font: Any, line_height: int, width: int) -> None:
        """Takes the theme's colours and the size of the type; `width` is the room for labels on the left."""
        self._line_height = line_height
        self.setTickFont(font)
        self.setTextPen(theme.muted)
        self.setPen(theme.border)
        self.setTickPen(theme.grid)
        self.setGrid(255)
        self.setZValue(-1000)  # the grid lies behind the curves
        if self.orientation == "left":
            self.setWidth(width)
        else:
            self.setHeight(line_height + 8)

    def boundingRect(self) -> QRectF:
        """Wider than the axis: pyqtgraph drops labels that reach out of it, which are the first and the last."""
        rect: QRectF = super().boundingRect()
        return rect.adjusted(-OUT, -OUT, OUT, OUT)

    def show_as(self, format: Format, log: bool, seconds: bool = False, name: str = "") -> None:
        """Sets how values are written, and what the axis counts, which stands at its end."""
        if (format, log, seconds, name) != (self.format, self.log, self.seconds, self.name):
            self.format, self.log, self.seconds, self.name = format, log, seconds, name
            self.picture = None  # pyqtgraph draws the ticks anew
            self.update()

    def name_places(self, names: Sequence[str]) -> None:
        """Writes `names` at 0, 1, 2, …; in two lines where that many would touch. None: numbers again."""
        close = max(map(len, names), default=0) * len(names) > _LETTERS
        shown = [in_two_lines(name) for name in names] if close else list(names)
        self.setHeight(max([1, *(name.count("\n") + 1 for name in shown)]) * self._line_height + 8)
        self.setTicks([list(enumerate(shown))] if shown else None)

    def drawPicture(self, p: QPainter, axisSpec: Any, tickSpecs: Any, textSpecs: Any) -> None:  # noqa: N803
        """Writes the name at the right end, in the place of the labels that would stand there."""
        if not self.name or not textSpecs:
            super().drawPicture(p, axisSpec, tickSpecs, textSpecs)
            return
        p.setFont(self.style["tickFont"])
        right, top = self.size().width(), textSpecs[0][0].top()
        width = p.fontMetrics().horizontalAdvance(self.name)
        room = QRectF(right - width, top, width, self._line_height)
        kept = [spec for spec in textSpecs if spec[0].right() < room.left() - self._line_height / 2]
        super().drawPicture(p, axisSpec, tickSpecs, kept)
        p.setPen(self.textPen())
        ways = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextDontClip
        p.drawText(room, ways, self.name)

    def tickValues(self, minVal: float, maxVal: float, size: float) -> Levels:  # noqa: N803
        """One level of ticks, as many as there is room for."""
        low, high = sorted((minVal, maxVal))
        room = max(2, int(size / (self._line_height * PIXELS_EACH[self.orientation])))
        if self.log:
            return [(1.0, log_ticks(low, high, room))]
        spacing = self._spacing(high - low, room)
        first = math.ceil(low / spacing - 1e-9)
        return [(spacing, [index * spacing for index in range(first, math.floor(high / spacing + 1e-9) + 1)])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """The labels of `values`."""
        if self.log:
            return [self._log_label(10.0**value) for value in values]
        if self.seconds:
            return ["0" if value == 0 else duration(value) for value in values]
        return ticks(values, spacing, self.format)

    def _spacing(self, span: float, room: int) -> float:
        if not self.seconds or span < room:
            return nice_step(span, room)
        return float(next((step for step in SECONDS if step * room >= span), SECONDS[-1] * math.ceil(span / room)))

    def _log_label(self, value: float) -> str:
        if self.seconds:
            return duration(value)
        if value < (1e-3 if self.format == "plain" else 1.0):
            return plain(value, 2)
        return ticks([float(f"{value:.3g}")], 10.0 ** math.floor(math.log10(value * 1.0000001)), self.format)[0]


def in_two_lines(name: str) -> str:
    """`name` broken at the blank nearest to its middle; as it is where it has none."""
    blanks = [at for at, letter in enumerate(name) if letter == " "]
    if not blanks:
        return name
    at = min(blanks, key=lambda at: abs(2 * at - len(name)))
    return f"{name[:at]}\n{name[at + 1 :]}"


def log_ticks(low: float, high: float, room: int) -> list[float]:
    """Ticks at tenths, halves, every digit, 1 2 5 or 1 of each decade, whichever first fits; log10 in and out."""
    decades = range(math.floor(low), math.ceil(high) + 1)
    spread: list[float] = []
    for digits in (np.arange(1, 10, 0.1), np.arange(1, 10, 0.5), np.arange(1, 10), np.array([1, 2, 5]), np.ones(1)):
        found = [decade + value for decade in decades for value in np.log10(digits).tolist()]
        spread = [value for value in found if low - 1e-9 <= value <= high + 1e-9]
        if all(after - before >= (high - low) / room / 2 for before, after in itertools.pairwise(spread)):
            return spread
    return spread[:: max(1, math.ceil(len(spread) / room))]
