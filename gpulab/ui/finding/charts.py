"""All charts of a job, one below the other."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from gpulab.ui.finding.heat import HeatPanel
from gpulab.ui.finding.plot import JobPlot
from gpulab.ui.finding.waterfall import WaterfallPanel
from gpulab.ui.theme import Theme
from gpulab.viewmodels.finding_values import Chart, Heat, Plot, Waterfall

Panel = JobPlot | HeatPanel | WaterfallPanel


class JobCharts(QWidget):
    """Panels are made when there first are so many charts; a kind of job always has charts of one kind."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.panels: list[Panel] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    def show_charts(self, charts: Sequence[Chart]) -> None:
        """Shows `charts`."""
        for chart in charts[len(self.panels) :]:
            panel = self._panel(chart)
            self.panels.append(panel)
            self._column.addWidget(panel, 1)
        for panel, chart in zip(self.panels, charts, strict=False):
            match panel, chart:
                case HeatPanel(), Heat():
                    panel.show_heat(chart)
                case WaterfallPanel(), Waterfall():
                    panel.show_waterfall(chart)
                case JobPlot(), Plot():
                    panel.show_plot(chart)
                case _:
                    pass

    def _panel(self, chart: Chart) -> Panel:
        match chart:
            case Heat():
                return HeatPanel(self._theme)
            case Waterfall():
                return WaterfallPanel(self._theme)
            case Plot():
                return JobPlot(self._theme)

    def set_theme(self, theme: Theme) -> None:
        """Draws everything in the theme's colours."""
        self._theme = theme
        for panel in self.panels:
            panel.set_theme(theme)
