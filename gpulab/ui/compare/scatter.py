"""The trade-off: any two figures against each other, every arm a mark, its seeds small dots, the front a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPen, QResizeEvent
from PySide6.QtWidgets import QComboBox, QLabel

from gpulab.analysis.metrics import Metric
from gpulab.spec.comparison import Rules
from gpulab.ui.compare.chart import PlotCard, Table
from gpulab.ui.compare.marks import size_of, symbol_of
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme, run_style
from gpulab.viewmodels.charting import reach_y
from gpulab.viewmodels.comparing.snapshot import Snapshot
from gpulab.viewmodels.comparing.tradeoff import Point, Tradeoff, available, tradeoff
from gpulab.viewmodels.figures import Format

_DOT, _MARK = 5.0, 13.0
_FORMATS: dict[str, Format] = {"bytes": "bytes", "rate": "si", "count": "si", "joules": "si"}
_USUAL = ("model_bytes", "test_bits_per_byte")
_SECOND = ("tokens_per_s", "test_bits_per_byte")


class ScatterCard(PlotCard):
    """A mark an arm. Which figures lie across and up is chosen on top."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(said("Trade-off"), "trade-off", theme)
        self.across, self.up = QComboBox(), QComboBox()
        self.across.setAccessibleName(said("Across"))
        self.up.setAccessibleName(said("Upwards"))
        for box, word in ((self.up, said("up")), (self.across, said("across"))):
            label = QLabel(word)
            label.setProperty("muted", True)
            self.top.addWidget(label)
            self.top.addWidget(box)
            box.activated.connect(lambda _: self._draw())
        self._snapshot: Snapshot | None = None
        self._offered: tuple[Metric, ...] = ()
        self._shown: Tradeoff | None = None

    def set_theme(self, theme: Theme) -> None:
        """Draws everything anew."""
        super().set_theme(theme)
        self._draw()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draws the arms of `snapshot`."""
        offered = available(snapshot.standing.observations)
        other = self._snapshot is None or self._snapshot.standing.folder != snapshot.standing.folder
        unchanged = self._snapshot is not None and self._snapshot.found is snapshot.found and self._shown is not None
        self._snapshot = snapshot
        if unchanged and offered == self._offered and len(offered):
            return
        if offered != self._offered or other:
            self._offer(offered, keep=not other)
        self._draw()

    def _offer(self, metrics: tuple[Metric, ...], keep: bool) -> None:
        self._offered = metrics
        usual = _USUAL if self._sizes_differ() else _SECOND
        for box, wanted in zip((self.across, self.up), usual, strict=True):
            chosen = box.currentData() if keep and box.count() else wanted
            box.clear()
            for metric in metrics:
                box.addItem(said(metric.label), metric.key)
            box.setCurrentIndex(max(0, box.findData(chosen)))

    def _sizes_differ(self) -> bool:
        """Whether size is worth being looked at first."""
        changes = self._snapshot.standing.judgement.changes if self._snapshot else ()
        return any(abs(one.change) > one.region for one in changes if one.metric == _USUAL[0])

    def _draw(self) -> None:
        self.view.clear()
        snapshot = self._snapshot
        if snapshot is None or self.across.currentData() is None:
            self.say_quietly(said("No run has come to its end yet."))
            self.note.clear()
            return
        standing = snapshot.standing
        found = tradeoff(standing.comparison, standing.observations, self.across.currentData(), self.up.currentData())
        self._shown = found
        self.show_legend([(snapshot.places[point.arm], snapshot.names[point.arm]) for point in found.points])
        self.say_quietly("" if found.points else said("No arm has both figures yet."))
        if not found.points:
            return
        self._front(found)
        for point in found.points:
            self._mark(point, snapshot.places[point.arm])
        self._fit(found)
        self._name(found, snapshot.names)
        self.note.setText(_about(found))

    def _front(self, found: Tradeoff) -> None:
        pen = QPen(QColor(self.theme.muted), 1.4, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        front = found.front
        self.view.addItem(pg.PlotCurveItem([p.x for p in front], [p.y for p in front], pen=pen, antialias=True))

    def _name(self, found: Tradeoff, names: Mapping[str, str]) -> None:
        """Names stand where no other mark or name does; who finds no place has the legend."""
        taken = [QRectF(*self._pixels(point, -_MARK / 2), _MARK, _MARK) for point in found.points]
        for point in found.points:
            metrics = self.fontMetrics()
            width, height = metrics.horizontalAdvance(names[point.arm]) + 8.0, float(metrics.height())
            x, y = self._pixels(point, 0.0)
            for anchor, left, top in _places(x, y, width, height):
                room = QRectF(left, top, width, height)
                outside = left < 0 or left + width > self.area.rect().width()
                if outside or any(room.intersects(other) for other in taken):
                    continue
                taken.append(room)
                label = pg.TextItem(names[point.arm], color=self.theme.text, anchor=anchor)
                label.setFont(self.font())
                label.setPos(point.x, point.y)
                self.view.addItem(label, ignoreBounds=True)
                break

    def _pixels(self, point: Point, aside: float) -> tuple[float, float]:
        """Where a point lies on the plot as it is shown without zoom."""
        (left, right), (low, high) = self._reach or ((0.0, 1.0), (0.0, 1.0))
        area = self.area.rect()
        across = (point.x - left) / (right - left) * area.width()
        down = (high - point.y) / (high - low) * area.height()
        return across + aside, down + aside

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Names find their places anew."""
        super().resizeEvent(event)
        self._draw()

    def _mark(self, point: Point, place: int) -> None:
        color = QColor(run_style(place, self.theme)[0])
        faint = QColor(color)
        faint.setAlphaF(0.45)
        seeds = {"size": _DOT, "brush": faint, "pen": None}
        self.view.addItem(pg.ScatterPlotItem([x for x, _ in point.seeds], [y for _, y in point.seeds], **seeds))
        ring = pg.mkPen(self.theme.text if point.on_front else self.theme.surface, width=1.4)
        shape = {"symbol": symbol_of(place), "size": size_of(place, _MARK), "brush": color, "pen": ring}
        self.view.addItem(pg.ScatterPlotItem([point.x], [point.y], **shape))

    def _fit(self, found: Tradeoff) -> None:
        x = [value for point in found.points for value in (point.x, *(one for one, _ in point.seeds))]
        y = [value for point in found.points for value in (point.y, *(one for _, one in point.seeds))]
        self.left.show_as(_FORMATS.get(found.up.form, "plain"), log=False)
        self.bottom.show_as(_FORMATS.get(found.across.form, "plain"), log=False, name=_axis(found.across))
        self.reach(_airy(x, self._least(found.across, x), 0.14), _airy(y, self._least(found.up, y), 0.14))

    def _least(self, metric: Metric, values: Sequence[float]) -> float:
        """What an axis spans at least: a difference that counts as none must not look large."""
        rules = self._snapshot.standing.comparison.rules if self._snapshot else Rules()
        return metric.least_span(rules, values)

    def figures(self) -> Table:
        """Every arm and every seed."""
        if self._shown is None or self._snapshot is None:
            return ()
        rows: list[list[str | float | int]] = [["arm", "seed run", self._shown.across.key, self._shown.up.key]]
        for point in self._shown.points:
            name = self._snapshot.names[point.arm]
            rows.append([name, "mean", point.x, point.y])
            rows += [[name, number, x, y] for number, (x, y) in enumerate(point.seeds, 1)]
        return rows


def _places(x: float, y: float, width: float, height: float) -> tuple[tuple[tuple[float, float], float, float], ...]:
    """Anchors to try, with the corner of the room that each would take: above, right, left, below."""
    away = _MARK
    return (
        ((0.5, 1.0 + away / 2 / height), x - width / 2, y - height - away / 2),
        ((-away / width, 0.5), x + away, y - height / 2),
        ((1.0 + away / width, 0.5), x - away - width, y - height / 2),
        ((0.5, -away / 2 / height), x - width / 2, y + away / 2),
    )


def _axis(metric: Metric) -> str:
    return f"{said(metric.label)}, {metric.unit}" if metric.unit and metric.form != "bytes" else said(metric.label)


def _airy(values: Sequence[float], least: float, share: float) -> tuple[float, float]:
    """Room on both sides for marks and names, around a span of `least` or more."""
    low, high = min(values), max(values)
    more = max(0.0, least - (high - low)) / 2
    low, high = low - more, high + more
    if high - low < 1e-9 * max(abs(high), 1e-12):
        return reach_y(low, high, log=False, from_zero=False)
    air = (high - low) * share
    return low - air, high + air


def _about(found: Tradeoff) -> str:
    corners = {
        ("lower", "lower"): said("lower left"),
        ("lower", "higher"): said("lower right"),
        ("higher", "lower"): said("upper left"),
        ("higher", "higher"): said("upper right"),
    }
    text = said("Better: {corner}. Dashed: the arms that no other one beats in both.")
    return text.format(corner=corners[found.up.better, found.across.better])
