"""Live charts. Only this package imports pyqtgraph, and it is itself imported after the first paint."""

from gpulab.ui.charts.grid import ChartGrid
from gpulab.ui.charts.panel import ChartPanel
from gpulab.viewmodels.charting import ChartSpec, LineSpec

__all__ = ["ChartGrid", "ChartPanel", "ChartSpec", "LineSpec"]
