"""What ten thousand recorded runs cost: the table, the look for others, a million samples, thirty long curves."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from PySide6.QtWidgets import QApplication

from gpulab.analysis.intervals import median
from gpulab.bench.listed_window import Listed
from gpulab.bench.recorded import make_run, make_store
from gpulab.bench.rows import Row, Target, exact, measured
from gpulab.events.reader import EVENTS
from gpulab.runs import column_file, columns
from gpulab.runs.lookout import Lookout
from gpulab.ui.charts import ChartGrid
from gpulab.ui.theme import DARK, apply
from gpulab.viewmodels import loading
from gpulab.viewmodels.charts import lab_charts
from gpulab.viewmodels.record import RunRecord
from gpulab.viewmodels.series import RunSeries

RUNS, LONGEST = 10_000, 1_000_000
COMPARED, POINTS = 30, 100_000
LOOK_EACH_S = 3.0


def run(quick: bool) -> list[Row]:
    """Makes the runs in a folder that is thrown away, then measures; `quick` takes a fiftieth of everything."""
    part = 50 if quick else 1
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "runs"
        longest = make_store(root, RUNS // part, longest=LONGEST // part)
        rows = [
            *_listed(root, 5 if quick else 11),
            _looked(root, 50 if quick else 500),
            *_long(longest, LONGEST // part),
        ]
        return [*rows, *_compared(Path(folder) / "compared", POINTS // part, 5 if quick else 21)]


def _listed(root: Path, times: int) -> list[Row]:
    """Fresh windows: one that must read every run, then those that find an index."""
    first = _window(root)
    found = [_window(root) for _ in range(times)]
    how = f"{first.rows:,} runs, one of them long; median of {times} fresh windows, offscreen"
    each = {name: [getattr(one, name) for one in found] for name in Listed.__struct_fields__}
    shown = "from asking for the runs to their table on the screen"
    return [
        measured("runs table with an index", median(each["shown_s"]), "s", f"{how}; {shown}", Target("at most", 0.5)),
        exact("window held up meanwhile", max(each["blocked_s"]) * 1e3, "ms", f"{how}; the longest of all"),
        measured("scroll to the last run", median(_ms(each["scrolled_s"])), "ms", how),
        measured("filter by two words", median(_ms(each["filtered_s"])), "ms", how),
        measured("sort by a figure", median(_ms(each["sorted_s"])), "ms", how),
        measured("select a run", median(_ms(each["selected_s"])), "ms", how),
        exact("runs table without an index", first.shown_s, "s", f"{first.rows:,} runs; every record is read"),
        exact("window held up while an index is made", first.blocked_s * 1e3, "ms", "the longest"),
    ]


def _ms(seconds: list[float]) -> list[float]:
    return [each * 1e3 for each in seconds]


def _window(root: Path) -> Listed:
    command = [sys.executable, "-m", "gpulab.bench.listed_window", str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Listed)


def _looked(root: Path, times: int) -> Row:
    """The processor time of the look for runs of others, while nothing happens."""
    lookout, known = Lookout(root), {path.name: path for path in root.iterdir()}
    lookout.look(lambda: known)
    began = time.process_time()
    for _ in range(times):
        lookout.look(lambda: known)
    share = (time.process_time() - began) / times / LOOK_EACH_S
    how = f"processor time of a look among {len(known):,} folders while nothing happens, each {LOOK_EACH_S:g} s"
    return exact("looking for runs of others", 100 * share, "% of a core", how, Target("at most", 1.0))


def _long(run_dir: Path, samples: int) -> list[Row]:
    brief, told = RunRecord("long", run_dir, "Long"), list[float]()

    def go_on(share: float) -> bool:
        told.append(share)
        return True

    def open_it() -> float:
        began = time.perf_counter()
        loading.complete(brief, go_on)
        return time.perf_counter() - began

    first = open_it()
    again = [open_it() for _ in range(11)]
    how = f"a run of {samples:,} samples, from its folder to its curves"
    return [
        exact("a long run, for the first time", first, "s", f"{how}; its progress was told {len(told)} times"),
        measured("a long run, from its columns", median(again), "s", f"{how}; median of {len(again)}"),
        exact("columns of a long run", first / statistics.median(again), "x as fast", how),
    ]


def _compared(folder: Path, points: int, times: int) -> list[Row]:
    """Thirty runs from their columns onto four charts, then the same charts moved sideways."""
    runs = _make_compared(folder, points)
    application = QApplication([])
    apply(application, DARK)
    grid = ChartGrid(lab_charts(False, str), DARK)
    grid.resize(1100, 800)
    grid.show()
    application.processEvents()

    def draw() -> None:
        with grid.at_once():
            for number, run_dir in enumerate(runs):
                series = RunSeries.of(columns.read(run_dir))
                grid.set_run(run_dir.name, run_dir.name, series, number, live=False)
        _paint(application, grid)

    def clear() -> None:
        with grid.at_once():
            for run_dir in runs:
                grid.remove_run(run_dir.name)
        _paint(application, grid)

    drawn = [_ms_of(draw, clear) for _ in range(times)]
    draw()
    panned = [_ms_of(lambda at=at: _pan(application, grid, points, at / times)) for at in range(times)]  # type: ignore[misc]
    grid.close()
    how = f"{len(runs)} runs x {points:,} points on 4 charts, smoothed, 1100 x 800; median of {times}"
    return [
        measured(
            "long runs drawn from their columns",
            median(drawn),
            "ms",
            f"{how}; from files to the screen",
            Target("at most", 200),
        ),
        measured("the same, moved sideways", median(panned), "ms", f"{how}; a picture", Target("at most", 100)),
    ]


def _make_compared(folder: Path, points: int) -> list[Path]:
    """Three records in many folders, each with a file of columns of its own."""
    models = [make_run(folder / f"model {number}", number, points) for number in range(3)]
    for model in models:
        columns.read(model)
    runs = [folder / f"run {number}" for number in range(COMPARED)]
    for number, run_dir in enumerate(runs):
        model = models[number % len(models)]
        run_dir.mkdir()
        os.link(model / EVENTS, run_dir / EVENTS)
        shutil.copyfile(model / column_file.FILE, run_dir / column_file.FILE)
    return runs


def _pan(application: QApplication, grid: ChartGrid, points: int, share: float) -> None:
    grid.zoom(share * points / 3, (share / 3 + 0.6) * points)
    _paint(application, grid)


def _paint(application: QApplication, grid: ChartGrid) -> None:
    grid.redraw()
    application.processEvents()


def _ms_of(deed: Callable[[], object], undo: Callable[[], object] | None = None) -> float:
    began = time.perf_counter()
    deed()
    took = (time.perf_counter() - began) * 1e3
    if undo is not None:
        undo()
    return took
