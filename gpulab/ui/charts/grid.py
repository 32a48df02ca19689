"""The charts together: one horizontal axis, one crosshair, one legend, and a picture only when something changed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from gpulab.ui.charts.controls import ChartControls
from gpulab.ui.charts.legend import LegendStrip
from gpulab.ui.charts.menu import chart_menu
from gpulab.ui.charts.model import ChartState, Marker, PlottedRun
from gpulab.ui.charts.panel import ChartPanel
from gpulab.ui.theme import Theme
from gpulab.viewmodels.charting import ChartSpec, reach_x
from gpulab.viewmodels.series import RunSeries, XAxis
from gpulab.viewmodels.smoothing import MOST

GAP = 12
PERIOD_MS = 125  # eight pictures a second
SHARE = 5  # drawing takes at most a fifth of the window's time, however slow the machine


class ChartGrid(QWidget):
    """Charts in two rows. Feed the series, then call `refresh`; it draws at most eight times a second."""

    log_changed = Signal(bool, bool)  # horizontal, vertical
    run_hovered = Signal(str)  # "" when no run is pointed at
    notified = Signal(str)  # a sentence for the status line
    drawn = Signal()  # a picture is done
    crossed = Signal(object)  # the crosshair's place in the axis' own unit, or None

    def __init__(self, specs: Sequence[ChartSpec], theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = ChartState(theme)
        self.log_y = False
        self._gathering = False
        self.frame_ms = 0.0  # what the last picture took to compute
        self.panels = [ChartPanel(spec, self.state, labelled=index == 0) for index, spec in enumerate(specs)]
        self.legend, self.controls = LegendStrip(self.state), ChartControls()
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.redraw)
        self._lay_out()
        self._wire()
        self.set_theme(theme, 1.0)

    def _lay_out(self) -> None:
        self._top = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._top.setSpacing(GAP)
        self._top.addWidget(self.legend, 1)
        self._top.addWidget(self.controls)
        cards = QVBoxLayout()
        cards.setSpacing(8)
        for row in (self.panels[:2], self.panels[2:]):
            beside = QHBoxLayout()
            beside.setSpacing(8)
            for panel in row:
                if panel.spec.occasional:
                    panel.hide()
                beside.addWidget(panel, 1)
            cards.addLayout(beside, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(self._top)
        layout.addLayout(cards, 1)

    def _wire(self) -> None:
        for panel in self.panels:
            panel.zoom_wanted.connect(self.zoom)
            panel.reset_wanted.connect(self.reset_zoom)
            panel.menu_wanted.connect(lambda where, panel=panel: chart_menu(self, panel).popup(where))
            panel.crossed.connect(lambda where, panel=panel: self._cross(where, panel))
            panel.pointed.connect(self._point)
            panel.stepped.connect(lambda way, far, panel=panel: self._step(way, far, panel))
        self.legend.pointed.connect(self._point)
        self.controls.axis_wanted.connect(self.set_x_axis)
        self.controls.smoothing_wanted.connect(self.set_smoothing)
        self.controls.log_wanted.connect(self.set_log)
        self.controls.clip_wanted.connect(self.set_clip)

    # --- what is shown -------------------------------------------------------------------------------------------

    def set_run(self, run_id: str, label: str, series: RunSeries, color_index: int, live: bool) -> None:
        """Shows a run, or changes what is known of it. The series may go on growing; call `refresh` when it did."""
        run = self.state.runs.get(run_id)
        named = run is not None and (run.label, run.color_index) == (label, color_index)
        if run is None or run.series is not series:
            markers = run.markers if run else []
            run = self.state.runs[run_id] = PlottedRun(run_id, label, series, color_index, live, markers)
        run.label, run.color_index, run.live = label, color_index, live
        if named:
            self.refresh()
        else:
            self._runs_changed()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Many runs come or go within: the legend is laid out once."""
        self._gathering = True
        try:
            yield
        finally:
            self._gathering = False
            self._runs_changed()

    def remove_run(self, run_id: str) -> None:
        """Takes a run off the charts."""
        if self.state.runs.pop(run_id, None) is not None:
            if self.state.highlight == run_id:
                self.state.highlight = None
            self._runs_changed()

    def set_markers(self, run_id: str, markers: Sequence[Marker]) -> None:
        """Marks steps of a run: (step, label, "quiet" | "info" | "warning" | "danger")."""
        if run_id in self.state.runs:
            self.state.runs[run_id].markers = list(markers)
            self.refresh()

    def highlight(self, run_id: str | None) -> None:
        """Lights a run up in every chart and dims the others; None shows all alike."""
        run_id = run_id if run_id in self.state.runs else None
        if run_id != self.state.highlight:
            self.state.highlight = run_id
            self.legend.update()
            self.redraw()

    def choose(self, run_id: str | None) -> None:
        """The run whose figures stand in large type while none is pointed at."""
        self.state.chosen = run_id
        self.refresh()

    def _runs_changed(self) -> None:
        if self._gathering:
            return
        self.legend.refresh()
        self._share_top()
        self.refresh()

    # --- how it is looked at -------------------------------------------------------------------------------------

    def set_theme(self, theme: Theme, scale: float = 1.0) -> None:
        """Takes colours and type; call it after the application's font was set."""
        self.state.theme, self.state.scale = theme, scale
        self.controls.dress()
        self.legend.refresh()
        for panel in self.panels:
            panel.dress()
        self._share_top()
        self._changed()

    def set_x_axis(self, axis: XAxis) -> None:
        """Counts along the bottom in "step", "tokens", "seconds" or "epoch"."""
        self.state.axis, self.state.zoom_x, self.state.cross_x = axis, None, None
        self._changed()

    def set_smoothing(self, weight: float) -> None:
        """Sets the weight of the moving average, 0 (raw) to 0.99."""
        self.state.smoothing = min(max(weight, 0.0), MOST)
        self._changed()

    def set_log(self, x: bool, y: bool) -> None:
        """Makes the axes of all charts logarithmic or linear."""
        if x != self.state.log_x:
            self.state.zoom_x = None
        self.state.log_x, self.log_y = x, y
        for panel in self.panels:
            panel.set_log(y)
        self._changed()

    def set_panel_log(self, panel: ChartPanel, on: bool) -> None:
        """Makes the vertical axis of one chart logarithmic or linear."""
        panel.set_log(on)
        self.log_y = all(other.log_y for other in self.panels)
        self._changed()

    def set_clip(self, on: bool) -> None:
        """Leaves outliers out of the vertical ranges."""
        self.state.clip = on
        self._changed()

    def reset_zoom(self) -> None:
        """Shows everything again."""
        self.state.zoom_x = None
        for panel in self.panels:
            panel.reset()
        self._changed()

    def _changed(self) -> None:
        self.controls.show_state(self.state, self.log_y)
        self.log_changed.emit(self.state.log_x, self.log_y)
        self.refresh()

    # --- drawing -------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Something changed: draw soon. Many calls make one picture."""
        if not self._timer.isActive():
            self._timer.start(round(max(PERIOD_MS, SHARE * self.frame_ms)))

    def redraw(self) -> None:
        """Draws now."""
        if not self.isVisible():
            return
        began = time.perf_counter()
        self.state.moving = True
        self._make_room()
        if (layout := self.layout()) is not None:
            layout.activate()  # else the curves are drawn for the old size, and at once again for the new one
        self.state.moving = False
        self._reach()
        for panel in self.panels:
            panel.redraw()
        self.frame_ms = (time.perf_counter() - began) * 1e3
        self.drawn.emit()

    def _make_room(self) -> None:
        """A chart that few runs have something for takes room only beside those."""
        for panel in self.panels:
            if panel.spec.occasional:
                key = panel.spec.value_key
                panel.setVisible(any(key in run.series.keys for run in self.state.runs.values()))

    def _reach(self) -> None:
        last, smallest = 0.0, float("inf")
        for run in self.state.runs.values():
            across = run.series.x(self.state.axis)
            if across is not None and len(across):
                last = max(last, float(across[-1]))
                positive = int(across.searchsorted(0, side="right"))
                smallest = min(smallest, float(across[positive])) if positive < len(across) else smallest
        smallest = smallest if smallest < float("inf") else 1.0
        self.state.reach_x = reach_x(last, self.state.log_x, smallest)

    def showEvent(self, event: QShowEvent) -> None:
        """Draws what happened while nobody looked."""
        super().showEvent(event)
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The top line shares what there is."""
        super().resizeEvent(event)
        self._share_top()
        self.refresh()

    def _share_top(self) -> None:
        """Legend and controls stand on one line where they fit, the controls with fewer words if need be."""
        ways, names = QBoxLayout.Direction, self.legend.whole_width + GAP
        self.state.moving = True
        self.controls.set_brief(False)
        self.controls.set_brief(names + self.controls.sizeHint().width() > self.width())
        apart = names + self.controls.sizeHint().width() > self.width()
        self._top.setDirection(ways.TopToBottom if apart else ways.LeftToRight)
        self._top.setSpacing(4 if apart else GAP)
        self.state.moving = False

    # --- hands ---------------------------------------------------------------------------------------------------

    def zoom(self, low: float, high: float) -> None:
        """Shows this part of the horizontal axis (axis units) in all charts."""
        self.state.zoom_x = (low, high)
        self.redraw()

    def cross(self, where: float | None) -> None:
        """Draws the crosshair for somebody outside of the charts, at a place in the axis' own unit."""
        self._cross(where, None)

    def _cross(self, where: float | None, here: ChartPanel | None) -> None:
        self.state.cross_x = where
        for panel in self.panels:
            panel.show_cross(panel is here)
        self.crossed.emit(where)

    def _step(self, way: int, far: bool, here: ChartPanel) -> None:
        low, high = self.state.shown_x
        at = self.state.cross_x
        now = (low + high) / 2 if at is None else self.state.to_axis(at)
        moved = min(max(now + way * (high - low) / (10 if far else 100), low), high)
        self._cross(self.state.from_axis(moved), here)

    def _point(self, run_id: str) -> None:
        if run_id != (self.state.highlight or ""):
            self.highlight(run_id or None)
            self.run_hovered.emit(run_id)
