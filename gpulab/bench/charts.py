"""What one picture of the charts costs when runs are long: four charts, eight runs, one of them live."""

from __future__ import annotations

import time

import numpy as np
from PySide6.QtWidgets import QApplication

from gpulab.analysis.intervals import median
from gpulab.bench.rows import Row, exact, measured
from gpulab.ui.charts import ChartGrid
from gpulab.ui.theme import DARK, apply
from gpulab.viewmodels.charts import lab_charts
from gpulab.viewmodels.series import RunSeries

RUNS, POINTS = 8, 100_000
NEW_EACH_FRAME = 20  # steps that a quick training makes between two pictures


def run(quick: bool) -> list[Row]:
    """Draws frame after frame while one run grows; a frame is the curves' preparation and the paint after it."""
    application = QApplication([])
    apply(application, DARK)
    grid = ChartGrid(lab_charts(False, str), DARK)
    grid.resize(1100, 800)
    points = POINTS // 20 if quick else POINTS
    live = _history(points - 1000, 0)
    for index in range(RUNS):
        series = live if index == 0 else _history(points, index)
        grid.set_run(f"run {index}", f"Run {index}", series, index, live=index == 0)
    grid.show()
    _, *frames = [_frame(application, grid, live) for _ in range(11 if quick else 101)]
    grid.close()
    how = f"4 charts x {RUNS} runs x {points:,} points, one growing by {NEW_EACH_FRAME} a frame, smoothed, 1100 x 800"
    return [
        measured("frame, curves and paint", median(frames), "ms", f"{how}; median of {len(frames)} frames"),
        exact("slowest frame", max(frames), "ms", f"{how}; an axis grew and every curve was drawn anew"),
    ]


def _frame(application: QApplication, grid: ChartGrid, live: RunSeries) -> float:
    """Milliseconds for one picture after the live run has grown."""
    _grow(live, NEW_EACH_FRAME, np.random.default_rng(len(live)))
    application.processEvents()
    began = time.perf_counter()
    grid.redraw()
    application.processEvents()
    return (time.perf_counter() - began) * 1e3


def _history(points: int, seed: int) -> RunSeries:
    series = RunSeries()
    _grow(series, points, np.random.default_rng(seed))
    return series


def _grow(series: RunSeries, points: int, chance: np.random.Generator) -> None:
    """A noisy training: losses at each step, throughput and memory at each tenth, validation at each fiftieth."""
    begin = len(series)
    noise = chance.normal(0.0, 0.1, points)
    for step in range(begin, begin + points):
        values = {"train_loss": 2.0 + 2.0 / (1 + step / 500) + noise[step - begin], "learning_rate": 1e-3}
        if step % 10 == 0:
            values |= {"tokens_per_s": 30_000 + 500 * noise[step - begin], "rss_bytes": 5e8 + step}
        if step % 50 == 0:
            values["val_loss"] = 2.1 + 2.0 / (1 + step / 500)
        series.add(step, step * 768, step * 0.025, values)
