"""What one picture of the charts costs when runs are long, four charts and eight runs, and what it leaves behind."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt
import psutil
from PySide6.QtWidgets import QApplication

from gpulab.analysis.intervals import Interval, median
from gpulab.bench.rows import Row, Target, exact, measured
from gpulab.ui.charts import ChartGrid
from gpulab.ui.theme import DARK, apply
from gpulab.viewmodels.charts import lab_charts
from gpulab.viewmodels.series import RunSeries

RUNS, POINTS = 8, 100_000
NEW_EACH_FRAME = 20  # steps that a quick training makes between two pictures
REDRAWS, BLOCKS = 10_000, 20
KEPT_POINTS, GROWN_POINTS = 2_000, 1_000
_ONE, _ALL = Target("at most", 15.0), Target("at most", 35.0)
_FLAT = Target("at most", 1.0)


def run(quick: bool) -> list[Row]:
    """Draws frame after frame while runs grow; a frame is the curves' preparation and the paint after it."""
    application = QApplication([])
    apply(application, DARK)
    points, frames = (POINTS // 20, 11) if quick else (POINTS, 101)
    return [
        *_frames(application, points, frames),
        _memory(application, REDRAWS // 50 if quick else REDRAWS),
    ]


def _frames(application: QApplication, points: int, frames: int) -> list[Row]:
    """First with one run that grows, then with all of them."""
    histories = [_history(points - 1000, seed) for seed in range(RUNS)]
    grid = _grid(histories, live=1)
    one, one_cpu = _timed(application, grid, histories[:1], frames)
    _show(grid, histories, live=RUNS)
    every, every_cpu = _timed(application, grid, histories, frames)
    grid.close()
    how = f"4 charts x {RUNS} runs x {points:,} points, {NEW_EACH_FRAME} new a frame, smoothed, 1100 x 800, offscreen"
    said = f"{how}; median of {len(one)} frames"
    anew = f"{how}; an axis grew and every curve was drawn anew"
    return [
        measured("frame, one run live", median(one), "ms", said, _ONE),
        measured("frame, all runs live", median(every), "ms", said, _ALL),
        measured("processor time of a frame, one run live", median(one_cpu), "ms", said),
        measured("processor time of a frame, all runs live", median(every_cpu), "ms", said),
        exact("slowest frame, one run live", max(one), "ms", anew),
        exact("slowest frame, all runs live", max(every), "ms", anew),
    ]


def _memory(application: QApplication, redraws: int) -> Row:
    """How much larger redrawing makes the process. The live run grows and is set back: what it holds stays the same."""
    histories = [_history(KEPT_POINTS, seed) for seed in range(RUNS)]
    grid, live = _grid(histories, live=1), histories[:1]
    process, sizes = psutil.Process(), np.zeros(redraws)
    for _ in range(max(redraws // 10, 2 * GROWN_POINTS // NEW_EACH_FRAME)):  # caches and buffers reach their size
        _frame(application, grid, live)
    for index in range(redraws):
        _frame(application, grid, live)
        sizes[index] = process.memory_info().rss / 2**20
    grid.close()
    how = f"{redraws:,} redraws of 4 charts x {RUNS} runs, one live; resident set, by {BLOCKS} stretches of redraws"
    return measured("window's memory grows in 10,000 redraws by", _growth(sizes), "MiB", how, _FLAT)


def _growth(sizes: npt.NDArray[np.float64]) -> Interval:
    """MiB in `REDRAWS` redraws: each stretch of the first half against the one half of all redraws later."""
    blocks = [float(np.median(block)) for block in np.array_split(sizes, BLOCKS)]
    half = BLOCKS // 2
    scale = 2 * REDRAWS / len(sizes)
    return median([scale * (late - early) for early, late in zip(blocks[:half], blocks[half:], strict=True)])


def _grid(histories: list[RunSeries], live: int) -> ChartGrid:
    grid = ChartGrid(lab_charts(False, str), DARK)
    grid.resize(1100, 800)
    _show(grid, histories, live)
    grid.show()
    return grid


def _show(grid: ChartGrid, histories: list[RunSeries], live: int) -> None:
    for index, series in enumerate(histories):
        grid.set_run(f"run {index}", f"Run {index}", series, index, live=index < live)


def _timed(
    application: QApplication, grid: ChartGrid, growing: list[RunSeries], frames: int
) -> tuple[list[float], list[float]]:
    """Milliseconds for each picture, by the clock and of the processor; the first, which draws all anew, left out."""
    _frame(application, grid, growing)
    found = [_frame(application, grid, growing) for _ in range(frames - 1)]
    return [wall for wall, _ in found], [own for _, own in found]


def _frame(application: QApplication, grid: ChartGrid, growing: list[RunSeries]) -> tuple[float, float]:
    """Milliseconds by the clock and of the processor for one picture after the runs have grown."""
    for series in growing:
        if len(series) == KEPT_POINTS + GROWN_POINTS:
            series.supersede(KEPT_POINTS - 1)
        _grow(series, NEW_EACH_FRAME, np.random.default_rng(len(series)))
    application.processEvents()
    began, began_own = time.perf_counter(), time.process_time()
    grid.redraw()
    application.processEvents()
    return (time.perf_counter() - began) * 1e3, (time.process_time() - began_own) * 1e3


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
