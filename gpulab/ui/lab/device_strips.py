"""A quiet row under the charts: what the device did while the run that they talk about trained."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gpulab.ui.charts.model import ChartState
from gpulab.ui.lab.words import said
from gpulab.ui.strip import Strip
from gpulab.ui.theme import Theme
from gpulab.viewmodels.device_strips import DeviceSeries, DeviceStrip, device_strips
from gpulab.viewmodels.track import Window

_LINES = 1.0
_FEWEST_PIXELS = 60


class DeviceStrips(QFrame):
    """Strips with the charts' horizontal range. `pointed` carries a place on it, None when it has left.

    Hidden where it is not `wanted`, and where the run recorded nothing of the kind.
    """

    pointed = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("card", True)
        self._theme, self._state = theme, ChartState(theme)
        self.wanted = True
        self.cells: dict[str, Cell] = {}
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 4, 12, 6)
        self._row.setSpacing(14)
        self.hide()

    def show_run(self, state: ChartState) -> None:
        """The run in focus of the charts, over what they show."""
        self._state = state
        focus = state.focus
        low, high = (state.from_axis(end) for end in state.shown_x)
        across = max(_FEWEST_PIXELS, *(cell.strip.width() for cell in self.cells.values()), 0)
        window = Window(state.axis, low, high, state.log_x, across)
        known = focus is not None and focus.series.x(state.axis) is not None
        strips = device_strips(focus.series, lambda key: focus.track(key, 0.0), window) if focus and known else []
        for strip in strips:
            self._cell(strip.series).show_strip(strip, state)
        shown = {strip.series.key for strip in strips}
        for key, cell in self.cells.items():
            cell.setVisible(key in shown)
        self.setVisible(self.wanted and bool(shown))

    def show_cross(self, where: float | None) -> None:
        """The charts' crosshair stands there."""
        low, high = self._state.shown_x
        share = None if where is None or high <= low else (self._state.to_axis(where) - low) / (high - low)
        for cell in self.cells.values():
            cell.mark(share)

    def set_theme(self, theme: Theme) -> None:
        """Colours."""
        self._theme = theme
        for cell in self.cells.values():
            cell.strip.set_theme(theme)

    def _cell(self, series: DeviceSeries) -> Cell:
        if series.key not in self.cells:
            cell = self.cells[series.key] = Cell(series, self._theme)
            cell.strip.pointed.connect(self._point)
            self._row.addWidget(cell, 1)
        return self.cells[series.key]

    def _point(self, share: float | None) -> None:
        low, high = self._state.shown_x
        self.pointed.emit(None if share is None else self._state.from_axis(low + share * (high - low)))


class Cell(QWidget):
    """One strip below its name and its newest value; under the crosshair the value there."""

    def __init__(self, series: DeviceSeries, theme: Theme) -> None:
        super().__init__()
        self._series, self._newest = series, ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setToolTip(said(series.help))
        self.name, self.value = QLabel(said(series.label)), QLabel()
        self.name.setProperty("muted", True)
        self.name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.strip = Strip(theme, lines=_LINES)
        self.strip.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        words = QHBoxLayout()
        words.addWidget(self.name, 1)
        words.addWidget(self.value)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(words)
        column.addWidget(self.strip)

    def show_strip(self, strip: DeviceStrip, state: ChartState) -> None:
        """What the run recorded."""
        self._newest = strip.figure
        low, high = state.shown_x
        points = strip.points
        if state.log_x:
            points = tuple((state.to_axis(at), value, words) for at, value, words in points if at > 0)
        focus = state.focus
        colour = focus.style(state.theme)[0].name() if focus else state.theme.accent
        self.strip.show_points(
            points, low, high, self._series.top, state.theme.severity("warning") if strip.loud else colour
        )
        self._write()
        self.strip.setAccessibleName(f"{said(self._series.label)}: {strip.figure}")

    def mark(self, share: float | None) -> None:
        """Marks a place, and tells the value there."""
        self.strip.set_mark(share if share is not None and 0.0 <= share <= 1.0 else None)
        self._write()

    def _write(self) -> None:
        self.value.setText(self.strip.marked[2] if self.strip.marked else self._newest)
