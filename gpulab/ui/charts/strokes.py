"""Turns lines into pen strokes in pixels, and keeps them as pictures so that a crosshair costs no redrawing."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QPixmap

from gpulab.viewmodels.charting import Range
from gpulab.viewmodels.track import Line

DOT = 1.35  # radius in widths of the line
FAR = 1e5  # pixels; beyond it a painter's fixed-point numbers overflow


@dataclass(frozen=True)
class Stroke:
    """A line in pixels of the plot, with its pen; `dots` tell it apart from lines without."""

    path: QPainterPath
    pen: QPen
    broad: bool
    dots: tuple[QPointF, ...] = ()

    def draw(self, painter: QPainter) -> None:
        """Draws it. Only broad lines are antialiased: on noisy raw lines that would cost seconds."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, self.broad)
        painter.setPen(self.pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self.path)
        if self.dots:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QBrush(self.pen.color()))
            radius = self.pen.widthF() * DOT
            for dot in self.dots:
                painter.drawEllipse(dot, radius, radius)


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
        x, y = self.pixels(line)
        every = math.ceil(len(x) / most_dots) if most_dots else max(len(x), 1)
        some = slice(None, None, every) if most_dots or len(x) == 1 else slice(0)
        dots = tuple(QPointF(a, b) for a, b in zip(x[some].tolist(), y[some].tolist(), strict=True))
        path = pg.functions.arrayToQPath(x, y, connect="all") if len(x) > 1 else QPainterPath()
        return Stroke(path, pen, broad, dots)


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
        self._pictures: dict[Hashable, QPixmap] = {}
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
        kept = {key for key, _ in layers}
        self._pictures = {key: picture for key, picture in self._pictures.items() if key in kept}
        self.update()

    def paint(self, painter: QPainter, option: Any, widget: Any = None) -> None:
        """Draws the kept pictures; strokes themselves where somebody wants vectors."""
        ratio = painter.device().devicePixelRatioF()
        for key, strokes in self._layers:
            if self.vector:
                for stroke in strokes:
                    stroke.draw(painter)
            elif strokes:
                painter.drawPixmap(0, 0, self._picture(key, strokes, ratio))

    def _picture(self, key: Hashable, strokes: Sequence[Stroke], ratio: float) -> QPixmap:
        size = self.boundingRect().size() * ratio
        known = self._pictures.get(key)
        if known is not None and known.devicePixelRatio() == ratio:
            return known
        picture = QPixmap(max(round(size.width()), 1), max(round(size.height()), 1))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        for stroke in strokes:
            stroke.draw(painter)
        painter.end()
        self._pictures[key] = picture
        return picture
