"""The roofline: what the device was measured to do at most, and every run's point below it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPen, QResizeEvent

from gpulab.analysis.figures import share
from gpulab.analysis.numerals import si
from gpulab.analysis.roofline import Roof
from gpulab.ui.compare.chart import PlotCard, Table
from gpulab.ui.compare.marks import size_of, symbol_of
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme, run_style
from gpulab.viewmodels.hardware.roofline import Roofline, Standing

_MARK = 13.0
_DASHES = (Qt.PenStyle.DashLine, Qt.PenStyle.DashDotLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotDotLine)
_SHADE = 0.07

Places = Sequence[tuple[float, float]]
"""Left top corners in pixels, beside the place that words belong to."""
Corners = Callable[[float, float], Places]
"""Where words of a width and height may stand, the best place first."""


class RooflineChart(PlotCard):
    """Both axes count powers of ten. The roof of the chosen run is drawn strongest."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(said("Roofline"), "roofline", theme)
        self._picture: Roofline | None = None
        self._runs: Sequence[Standing] = ()
        self._chosen = ""
        self._taken: list[QRectF] = []
        self.legend.hide()
        self.left.show_as("si", log=True)
        self.bottom.show_as("si", log=True, name=said("operations for each byte moved"))
        self._entitle()
        self._draw()

    def show_picture(self, picture: Roofline | None, runs: Sequence[Standing], chosen: str) -> None:
        """Draws `runs` under their roofs, the one with the id `chosen` strongest; without roofs, words."""
        self._picture, self._chosen = picture, chosen
        self._runs = [run for run in runs if run.roof is not None]
        self._draw()

    def set_theme(self, theme: Theme) -> None:
        """Draws everything anew."""
        super().set_theme(theme)
        self._entitle()
        self._draw()

    def _entitle(self) -> None:
        up = f"<span style='color:{self.theme.muted};font-weight:400'>{said('operations a second')}</span>"
        self.title.setText(f"{said('Roofline')}  {up}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Names find their places anew."""
        super().resizeEvent(event)
        self._draw()

    def figures(self) -> Table:
        """Every roof and every run."""
        if self._picture is None:
            return ()
        rows: list[list[str | float | int]] = [["", "type", "operations a byte", "operations a second"]]
        rows += [["roof", roof.compute_type, roof.ridge, roof.flops_per_s] for roof in self._picture.roofs]
        rows += [[run.name, run.point.compute_type, run.point.intensity, run.point.flops_per_s] for run in self._runs]
        return rows

    def _draw(self) -> None:
        self.view.clear()
        picture = self._picture
        self.say_quietly("" if picture else said("Press Measure to see what this device can do at most."))
        if picture is None:
            return
        self.reach(picture.x, picture.y)
        chosen = next((run for run in self._runs if run.run_id == self._chosen), None)
        if chosen is not None and chosen.roof is not None:
            self._shade(picture, chosen.roof)
        for number, roof in enumerate(picture.roofs):
            self._roof(picture, roof, number, chosen is not None and chosen.roof == roof)
        for run in reversed(self._runs):
            self._point(run, run is chosen)
        self._taken = [self._mark_room(run) for run in self._runs]
        if chosen is not None and chosen.roof is not None:
            self._name_sides(picture, chosen.roof)
        for roof in picture.roofs:
            self._name_roof(picture, roof)
        self._name_slope(picture)
        self._taken += [self._flat_room(picture, roof) for roof in picture.roofs]
        for run in sorted(self._runs, key=lambda run: run is not chosen):
            self._name(run, run is chosen)

    def _shade(self, picture: Roofline, roof: Roof) -> None:
        """What lies below the roof of the chosen run, parted where memory is no longer the limit."""
        xs, ys = picture.line(roof)
        colour = QColor(self.theme.accent)
        colour.setAlphaF(_SHADE)
        below = pg.PlotCurveItem(xs, ys, pen=None, fillLevel=picture.y[0], brush=colour)
        self.view.addItem(below, ignoreBounds=True)
        pen = QPen(QColor(self.theme.strong_border), 1.0, Qt.PenStyle.DotLine)
        pen.setCosmetic(True)
        ridge = math.log10(roof.ridge)
        self.view.addItem(pg.PlotCurveItem([ridge, ridge], [picture.y[0], ys[1]], pen=pen), ignoreBounds=True)

    def _name_sides(self, picture: Roofline, roof: Roof) -> None:
        foot = (math.log10(roof.ridge), picture.y[0])
        self._write(said("memory is the limit"), foot, _before_the_ridge, self.theme.muted)
        self._write(said("computing is the limit"), foot, _beside_the_ridge, self.theme.muted)

    def _roof(self, picture: Roofline, roof: Roof, number: int, strong: bool) -> None:
        colour = QColor(self.theme.text if strong else self.theme.muted)
        dash = Qt.PenStyle.SolidLine if strong else _DASHES[number % len(_DASHES)]
        pen = QPen(colour, 2.4 if strong else 1.3, dash)
        pen.setCosmetic(True)
        self.view.addItem(pg.PlotCurveItem(*picture.line(roof), pen=pen, antialias=True), ignoreBounds=True)

    def _name_roof(self, picture: Roofline, roof: Roof) -> None:
        words = f"{roof.compute_type}  {si(roof.flops_per_s, 'FLOP/s')}"
        self._write(words, (picture.x[1], math.log10(roof.flops_per_s)), _at_the_end, self.theme.muted)

    def _name_slope(self, picture: Roofline) -> None:
        roof = picture.roofs[0]
        at = (picture.x[0] + math.log10(roof.ridge)) / 2
        words = said("memory  {speed}").format(speed=si(roof.bytes_per_s, "B/s"))
        self._write(words, (at, math.log10(roof.attainable(10.0**at))), _on_the_slope, self.theme.muted)

    def _point(self, run: Standing, chosen: bool) -> None:
        assert run.roof is not None
        x, y = self._place(run)
        colour = run_style(run.color, self.theme)[0]
        if chosen:
            top = math.log10(run.roof.attainable(run.point.intensity))
            pen = QPen(colour, 1.4, Qt.PenStyle.DashLine)
            pen.setCosmetic(True)
            self.view.addItem(pg.PlotCurveItem([x, x], [y, top], pen=pen), ignoreBounds=True)
        ring = pg.mkPen(self.theme.text if chosen else self.theme.surface, width=1.6)
        size = size_of(run.color, _MARK * (1.2 if chosen else 1.0))
        shape = {"symbol": symbol_of(run.color), "size": size, "brush": colour, "pen": ring}
        self.view.addItem(pg.ScatterPlotItem([x], [y], **shape), ignoreBounds=True)

    def _name(self, run: Standing, chosen: bool) -> None:
        """Names stand where nothing else does; who finds no place has the table below."""
        reached = f"  {share(run.ceiling_share)}" if run.ceiling_share is not None else ""
        words = f"{run.name}{reached}" if chosen else run.name
        self._write(words, self._place(run), _around_a_mark, self.theme.text, strong=chosen)

    def _write(self, words: str, at: tuple[float, float], corners: Corners, colour: str, strong: bool = False) -> None:
        """Puts `words` at the first of `corners` where they are inside and hide nothing."""
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
        label = pg.TextItem(words, color=colour)
        label.setFont(font)
        size, area, place = label.boundingRect(), self.area.rect(), self._pixels(at)
        for left, top in corners(size.width(), size.height()):
            room = QRectF(place.x() + left, place.y() + top, size.width(), size.height())
            inside = room.left() >= 0 and room.right() <= area.width() + 1 and room.top() >= 0
            if inside and not any(room.intersects(other) for other in self._taken):
                self._taken.append(room)
                label.setAnchor((-left / size.width(), -top / size.height()))
                label.setPos(*at)
                self.view.addItem(label, ignoreBounds=True)
                return

    def _mark_room(self, run: Standing) -> QRectF:
        place = self._pixels(self._place(run))
        return QRectF(place.x() - _MARK / 2, place.y() - _MARK / 2, _MARK, _MARK)

    def _flat_room(self, picture: Roofline, roof: Roof) -> QRectF:
        top = math.log10(roof.flops_per_s)
        start, end = self._pixels((math.log10(roof.ridge), top)), self._pixels((picture.x[1], top))
        return QRectF(start.x(), start.y() - 1.0, end.x() - start.x(), 2.0)

    def _pixels(self, at: tuple[float, float]) -> QPointF:
        """Where a place lies on the plot as it is shown without zoom."""
        (left, right), (low, high) = self._reach or ((0.0, 1.0), (0.0, 1.0))
        area = self.area.rect()
        across, up = (at[0] - left) / (right - left), (high - at[1]) / (high - low)
        return QPointF(across * area.width(), up * area.height())

    def _place(self, run: Standing) -> tuple[float, float]:
        return math.log10(run.point.intensity), math.log10(run.point.flops_per_s)


def _at_the_end(width: float, height: float) -> Places:
    """Above or below the end of a line, further to the left where another name stands there."""
    return [(-width * shift - 6.0, top) for shift in (1.0, 2.1) for top in (-height - 1.0, 2.0)]


def _on_the_slope(width: float, height: float) -> Places:
    return [(-width - 8.0, -height - 4.0), (12.0, 8.0)]


def _around_a_mark(width: float, height: float) -> Places:
    """Right, left, above, below."""
    away = _MARK * 0.75
    return [(away, -height / 2), (-width - away, -height / 2), (-width / 2, -height - away), (-width / 2, away)]


def _beside_the_ridge(width: float, height: float) -> Places:
    return [(8.0, -height - 6.0)]


def _before_the_ridge(width: float, height: float) -> Places:
    return [(-width - 8.0, -height - 6.0)]
