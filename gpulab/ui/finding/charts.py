"""All charts of a job, one below the other."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from gpulab.ui.finding.heat import HeatPanel
from gpulab.ui.finding.plot import JobPlot
from gpulab.ui.theme import Theme
from gpulab.viewmodels.finding_values import Heat, Plot


class JobCharts(QWidget):
    """Panels are made when there first are so many charts; a kind of job always has charts of one kind."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.panels: list[JobPlot | HeatPanel] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    def show_charts(self, charts: Sequence[Plot | Heat]) -> None:
        """Shows `charts`."""
        for chart in charts[len(self.panels) :]:
            panel = HeatPanel(self._theme) if isinstance(chart, Heat) else JobPlot(self._theme)
            self.panels.append(panel)
            self._column.addWidget(panel, 1)
        for panel, chart in zip(self.panels, charts, strict=False):
            if isinstance(panel, HeatPanel) and isinstance(chart, Heat):
                panel.show_heat(chart)
            elif isinstance(panel, JobPlot) and isinstance(chart, Plot):
                panel.show_plot(chart)

    def set_theme(self, theme: Theme) -> None:
        """Draws everything in the theme's colours."""
        self._theme = theme
        for panel in self.panels:
            panel.set_theme(theme)
