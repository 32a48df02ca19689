"""Turns lines into pen strokes in pixels, and keeps them as pictures so that a crosshair costs no redrawing."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPixmap

from gpulab.viewmodels.charting import Range
from gpulab.viewmodels.track import Line

DOT = 1.35  # radius in widths of the line
MITRE = 3.0  # how many widths of its pen a line or dot may reach out of its own points
FAR = 1e5  # pixels; beyond it a painter's fixed-point numbers overflow


@dataclass(frozen=True, eq=False)
class Stroke:
    """A line in pixels of the plot, `points` from left to right, with its pen.

    A dot on each `every`th point tells it apart from lines without; 0 for none.
    """

    points: Line
    pen: QPen
    broad: bool
    every: int = 0

    def draw(self, painter: QPainter, begin: float = -math.inf) -> None:
        """Draws it, at least from `begin` on. Only broad lines are antialiased: noisy raw lines would take seconds."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, self.broad)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        x, y = self.points
        first = max(int(x.searchsorted(begin - self._reach)) - 1, 0)
        if len(x) - first > 1:
            painter.setPen(self._pen_from(first))
            painter.drawPath(pg.functions.arrayToQPath(x[first:], y[first:], connect="all"))
        if self.every:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QBrush(self.pen.color()))
            radius = self.pen.widthF() * DOT
            some = slice(-(-first // self.every) * self.every, None, self.every)
            for dot in zip(x[some].tolist(), y[some].tolist(), strict=True):
                painter.drawEllipse(QPointF(*dot), radius, radius)

    def same_until(self, before: Stroke) -> float:
        """How far from the left (pixels) this looks as `before` did, -inf where not even its beginning does."""
        alike = (self.pen, self.broad, self.every) == (before.pen, before.broad, before.every)
        end = _common(self.points, before.points) if alike else 0
        if not end:
            return -math.inf
        if end == len(self.points[0]) == len(before.points[0]):
            return math.inf
        return float(self.points[0][end - 1]) - self._reach

    @property
    def _reach(self) -> float:
        """How far the pen may mark beside the line's points."""
        return max(self.pen.widthF(), 1.0) * MITRE

    def _pen_from(self, first: int) -> QPen:
        """The pen whose dashes lie as if the line had begun at its beginning and not at `first`."""
        if not first or self.pen.style() == Qt.PenStyle.SolidLine:
            return self.pen
        x, y = self.points
        before = float(np.hypot(np.diff(x[: first + 1]), np.diff(y[: first + 1])).sum())
        pen = QPen(self.pen)
        pen.setDashOffset(before / max(self.pen.widthF(), 1.0))
        return pen


def _common(one: Line, other: Line) -> int:
    """How many points from the left both lines share."""
    count = min(len(one[0]), len(other[0]))
    apart = (one[0][:count] != other[0][:count]) | (one[1][:count] != other[1][:count])
    return int(apart.argmax()) if apart.any() else count


def same_until(strokes: Sequence[Stroke], before: Sequence[Stroke]) -> float:
    """How far from the left (pixels) all of `strokes` look as those `before` did."""
    if len(strokes) != len(before):
        return -math.inf
    return min((new.same_until(old) for new, old in zip(strokes, before, strict=True)), default=math.inf)


@dataclass(frozen=True)
class Frame:
    """Maps axis units to pixels of a plot of `width` x `height`."""

    x: Range
    y: Range
    log_x: bool
    log_y: bool
    width: float
    height: float

    def pixels(self, line: Line) -> Line:
        """The line in pixels; points that a logarithm cannot show are left out."""
        x, y = line
        if self.log_x or self.log_y:
            keep = np.ones(len(x), bool)
            keep &= (x > 0) if self.log_x else True
            keep &= (y > 0) if self.log_y else True
            x, y = x[keep], y[keep]
            x = np.log10(x) if self.log_x else x
            y = np.log10(y) if self.log_y else y
        across = (x - self.x[0]) / max(self.x[1] - self.x[0], 1e-300) * self.width
        down = self.height - (y - self.y[0]) / max(self.y[1] - self.y[0], 1e-300) * self.height
        return np.clip(across, -FAR, FAR), np.clip(down, -FAR, FAR)

    def stroke(self, line: Line, pen: QPen, broad: bool, most_dots: int = 0) -> Stroke:
        """The line as a stroke, with up to `most_dots` dots; a single point always has one."""
        points = self.pixels(line)
        count = len(points[0])
        return Stroke(points, pen, broad, math.ceil(count / most_dots) if most_dots else int(count == 1))


def raw_pen(color: QColor, alpha: float) -> QPen:
    """One device pixel, whatever the screen: the fast way to draw thousands of points."""
    faded = QColor(color)
    faded.setAlphaF(alpha)
    pen = QPen(faded, 1)
    pen.setCosmetic(True)
    return pen


def broad_pen(color: QColor, width: float, style: Qt.PenStyle, alpha: float) -> QPen:
    """An antialiased line."""
    faded = QColor(color)
    faded.setAlphaF(alpha)
    return QPen(faded, width, style, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.RoundJoin)


def fine_pen(color: QColor, style: Qt.PenStyle, alpha: float) -> QPen:
    """An antialiased line of one device pixel, which is drawn a hundred times as fast as a broad one."""
    pen = raw_pen(color, alpha)
    pen.setStyle(style)
    return pen


class CurveLayer(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """All curves of one plot, in layers that are drawn anew only when their key changes. A child of the ViewBox."""

    def __init__(self, view: Any) -> None:
        super().__init__()
        self._view = view
        self._layers: list[tuple[Hashable, Sequence[Stroke]]] = []
        self._pictures: list[_Picture | None] = []
        self.vector = False  # true while a picture is exported as vectors
        self.setParentItem(view)
        self.setFlag(self.GraphicsItemFlag.ItemClipsToShape)

    @property
    def layer_keys(self) -> list[Hashable]:
        """What each layer depends on, from the lowest up."""
        return [key for key, _ in self._layers]

    def boundingRect(self) -> QRectF:
        """The plot's area in its own pixels."""
        return QRectF(self._view.rect())

    def set_layers(self, layers: list[tuple[Hashable, Sequence[Stroke]]]) -> None:
        """Shows the layers, the last on top."""
        if [key for key, _ in layers] == [key for key, _ in self._layers]:
            return
        self._layers = layers
        self._pictures = [*self._pictures, *([None] * len(layers))][: len(layers)]
        self.update()

    def forget(self) -> None:
        """Draws every layer anew at the next paint."""
        self._pictures = [None] * len(self._layers)
        self.update()

    def paint(self, painter: QPainter, option: Any, widget: Any = None) -> None:
        """Draws the kept pictures; strokes themselves where somebody wants vectors."""
        for place, (key, strokes) in enumerate(self._layers):
            if self.vector:
                for stroke in strokes:
                    stroke.draw(painter)
            elif strokes:
                painter.drawPixmap(0, 0, self._picture(place, key, strokes, painter.device().devicePixelRatioF()))
            else:
                self._pictures[place] = None

    def _picture(self, place: int, key: Hashable, strokes: Sequence[Stroke], ratio: float) -> QPixmap:
        """The picture of a layer. What a growing curve added is drawn into the one before."""
        size = (self.boundingRect().size() * ratio).toSize().expandedTo(QSize(1, 1))
        known = self._pictures[place]
        if known is not None and known.key == key and known.pixels.devicePixelRatio() == ratio:
            return known.pixels
        self._pictures[place] = None
        if known is None or known.pixels.devicePixelRatio() != ratio or known.pixels.size() != size:
            pixels, begin = QPixmap(size), -math.inf
            pixels.setDevicePixelRatio(ratio)
        else:
            pixels, begin = known.pixels, same_until(strokes, known.strokes)
        _draw_from(begin, strokes, pixels)
        self._pictures[place] = _Picture(key, strokes, pixels)
        return pixels


@dataclass(frozen=True, eq=False)
class _Picture:
    """A layer as it was drawn."""

    key: Hashable
    strokes: Sequence[Stroke]
    pixels: QPixmap


def _draw_from(begin: float, strokes: Sequence[Stroke], pixels: QPixmap) -> None:
    """Draws anew what lies right of `begin`."""
    if begin <= 0:
        pixels.fill(Qt.GlobalColor.transparent)
    if begin == math.inf:
        return
    painter = QPainter(pixels)
    if begin > 0:
        area = pixels.rect().adjusted(math.floor(begin), 0, 0, 0)
        painter.setClipRect(area)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.fillRect(area, Qt.GlobalColor.transparent)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
    for stroke in strokes:
        stroke.draw(painter, begin)
    painter.end()
