"""The middle of the window: an invitation at first, then the charts, which are loaded only after the first paint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from gpulab.hardware.machine import Machine
from gpulab.ui.lab.words import marker
from gpulab.ui.theme import Theme
from gpulab.viewmodels.charts import lab_charts
from gpulab.viewmodels.marks import marks_of
from gpulab.viewmodels.record import RunRecord

if TYPE_CHECKING:
    from gpulab.ui.charts import ChartGrid
    from gpulab.ui.lab.device_strips import DeviceStrips

_SMOOTHING, _AXIS = "charts/smoothing_weight", "charts/axis"
_STRIPS = "charts/device_strips"
_NORMAL_SMOOTHING = 0.6


class ChartsArea(QWidget):
    """`ready` says that the charts exist. Before, what is shown is remembered and drawn later."""

    ready = Signal()
    show_me = Signal()
    run_hovered = Signal(str)
    told = Signal(str)  # a sentence for the status bar

    def __init__(self, machine: Machine, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._machine = machine
        self._theme, self._scale = theme, 1.0
        self._calm = False
        self._chosen: str | None = None
        self.grid: ChartGrid | None = None
        self.strips: DeviceStrips | None = None
        self.strips_wanted = bool(QSettings().value(_STRIPS, True, type=bool))
        self._shown: dict[str, RunRecord] = {}
        self._pages = QStackedWidget()
        self.invitation = self._invitation()
        self._pages.addWidget(self.invitation)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._pages)

    def _invitation(self) -> QWidget:
        page = QWidget()
        self._title = QLabel(self.tr("What does a technique bring, and what does it cost?"))
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words = QLabel(
            self.tr(
                "Show me trains a real GPT on real text, on this machine, and compares it with and without\n"
                "compression, in about a minute. Nothing you see is made up.\n"
                "Or press Run to watch a single model learn."
            )
        )
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words.setProperty("muted", True)
        self.button = QPushButton(self.tr("Show me"))
        self.button.setObjectName("show_me_button")
        self.button.setProperty("primary", True)
        self.button.setMinimumWidth(180)
        self.button.clicked.connect(self.show_me)
        column = QVBoxLayout(page)
        column.setSpacing(14)
        column.addStretch()
        column.addWidget(self._title)
        column.addWidget(words)
        column.addWidget(self.button, alignment=Qt.AlignmentFlag.AlignHCenter)
        column.addStretch()
        return page

    def load(self) -> None:
        """Imports the charts' library and builds them; called after the window's first paint."""
        if self.grid is not None:
            return
        from gpulab.ui.charts import ChartGrid

        on_gpu = bool(self._machine.gpus)
        self.grid = ChartGrid(lab_charts(on_gpu, self.tr), self._theme)
        self.grid.set_theme(self._theme, self._scale)
        self.grid.run_hovered.connect(self.run_hovered)
        self.grid.notified.connect(self.told)
        self._pages.addWidget(self._with_strips(self.grid))
        self._remember_looks(self.grid)
        self.set_calm(self._calm)
        self.grid.choose(self._chosen)
        self._draw_all()
        self.ready.emit()

    def _with_strips(self, grid: ChartGrid) -> QWidget:
        """The charts, and below them what the device did meanwhile."""
        from gpulab.ui.lab.device_strips import DeviceStrips

        strips = self.strips = DeviceStrips(self._theme)
        grid.drawn.connect(lambda: strips.show_run(grid.state))
        grid.crossed.connect(strips.show_cross)
        strips.pointed.connect(grid.cross)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(grid, 1)
        column.addWidget(strips)
        return page

    def set_strips(self, wanted: bool) -> None:
        """With the strips of the device under the charts, or without; the next window begins alike."""
        QSettings().setValue(_STRIPS, wanted)
        self.strips_wanted = wanted
        self._settle_strips()

    def _settle_strips(self) -> None:
        if self.grid is not None and self.strips is not None:
            self.strips.wanted = self.strips_wanted and not self._calm
            self.strips.show_run(self.grid.state)

    @staticmethod
    def _remember_looks(grid: ChartGrid) -> None:
        """Smoothing and axis are as they were last time."""
        settings = QSettings()
        grid.set_smoothing(settings.value(_SMOOTHING, _NORMAL_SMOOTHING, type=float))  # type: ignore[arg-type]
        axis = settings.value(_AXIS, "step", type=str)
        grid.set_x_axis(axis if axis in ("step", "tokens", "seconds", "epoch") else "step")
        grid.controls.smoothing_wanted.connect(lambda weight: QSettings().setValue(_SMOOTHING, weight))
        grid.controls.axis_wanted.connect(lambda wanted: QSettings().setValue(_AXIS, wanted))

    def show_runs(self, runs: list[RunRecord]) -> None:
        """These runs' curves and no others."""
        wanted = {run.run_id: run for run in runs}
        gone = [run_id for run_id in self._shown if run_id not in wanted]
        changed = [run for run_id, run in wanted.items() if self._shown.get(run_id) is not run]
        self._shown = wanted
        if self.grid is not None and (gone or changed):
            with self.grid.at_once():
                for run_id in gone:
                    self.grid.remove_run(run_id)
                for run in changed:
                    self._put(run)
        self._choose_page()

    def update_run(self, run: RunRecord) -> None:
        """The run has new figures, or another label or state."""
        if self.grid is not None and self._shown.get(run.run_id) is run:
            self._put(run)
            self.grid.refresh()

    def highlight(self, run_id: str | None) -> None:
        """Lights up one run in every chart."""
        if self.grid is not None:
            self.grid.highlight(run_id)

    def bring_forward(self, series: str) -> None:
        """Gives the keys to the chart that shows `series`, which frames it; nothing where none does."""
        for panel in self.grid.panels if self.grid is not None else ():
            if panel.isVisible() and any(line.key == series for line in panel.spec.lines):
                panel.setFocus(Qt.FocusReason.OtherFocusReason)

    def choose(self, run_id: str | None) -> None:
        """The window talks about this run: its figures stand in large type."""
        self._chosen = run_id
        if self.grid is not None:
            self.grid.choose(run_id)

    def set_calm(self, calm: bool) -> None:
        """Without the controls, for an audience."""
        self._calm = calm
        if self.grid is not None:
            self.grid.controls.setVisible(not calm)
        self._settle_strips()

    def set_theme(self, theme: Theme, scale: float) -> None:
        """Colours and size of type."""
        self._theme, self._scale = theme, scale
        font = QFont(QApplication.font())
        font.setPointSizeF(font.pointSizeF() * 1.9)
        font.setWeight(QFont.Weight.DemiBold)
        self._title.setFont(font)
        if self.grid is not None:
            self.grid.set_theme(theme, scale)
        if self.strips is not None:
            self.strips.set_theme(theme)

    def _put(self, run: RunRecord) -> None:
        assert self.grid is not None
        self.grid.set_run(run.run_id, run.name, run.series, run.color_index, run.live)
        self.grid.set_markers(run.run_id, [(mark.step, marker(mark), mark.loudness) for mark in marks_of(run)])

    def _draw_all(self) -> None:
        for run in self._shown.values():
            self._put(run)
        self._choose_page()

    def _choose_page(self) -> None:
        charts = bool(self._shown) and self.grid is not None
        self._pages.setCurrentIndex(1 if charts else 0)
