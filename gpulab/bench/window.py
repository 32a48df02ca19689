"""What watching costs: tokens per second that a training loses to the window, and what keeps the window waiting.

One worker trains all the time. The window's process, which shows it and seven finished runs, draws for a while and is
then stopped by a signal for as long, over and over: with and without are measured in turn in one and the same training.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from gpulab.analysis.intervals import median, paired_ratio
from gpulab.bench.long_run import Throughput, finished, training
from gpulab.bench.rows import Row, Target, exact, measured, not_shown
from gpulab.bench.turns import in_turn
from gpulab.bench.watched_window import TICK_S, LoopTimes, Span

Times = npt.NDArray[np.float64]

SETTLE_S = 0.5
"""At the start of a phase, left out: the window catches up with what it missed."""

_KEPT = Target("at least", 0.97)
_BLOCKED = Target("at most", 50.0)


def run(quick: bool) -> list[Row]:
    """Phases with and without the window, in turn."""
    if sys.platform == "win32":
        reason = "Windows cannot suspend a process by signal"
        return [not_shown("training beside the window", "x tokens/s", "", _KEPT, reason)]
    phase_s, pairs, steps = (2.0, 3, 1000) if quick else (5.0, 24, 10_000)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "runs"
        for seed in range(7):
            finished(root, steps, seed)
        with training(root) as run_dir:
            drawn: list[Span] = []
            times = Path(folder) / "times.json"
            with _window(root, times) as process:
                with_it, without = in_turn(
                    lambda: drawing(process, phase_s, drawn), lambda: alone(process, phase_s), pairs
                )
            speeds = Throughput(run_dir)
        loop = msgspec.json.decode(times.read_bytes(), type=LoopTimes)
    how = f"{pairs} pairs of {phase_s:g} s with and without the window, in turn, beside one worker; 8 runs in 4 charts"
    beside, headless = ([speeds.between(at, at + phase_s - SETTLE_S) for at in begun] for begun in (with_it, without))
    return [
        measured("training beside the window", paired_ratio(beside, headless), "x tokens/s", how, _KEPT),
        measured("training without the window", median(headless), "tokens/s", how),
        *_loop_rows(loop, drawn, how),
    ]


@contextmanager
def _window(root: Path, times: Path) -> Iterator[subprocess.Popen[str]]:
    """The window's process, once it shows every run. Its closed input tells it to write `times` and end."""
    command = [sys.executable, "-m", "gpulab.bench.watched_window", str(root), str(times)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdin
        try:
            if process.stdout.readline().strip() != "ready":
                raise RuntimeError("the window did not come up")
            time.sleep(1.0)
            yield process
            process.stdin.close()
            process.wait(timeout=60)
        finally:
            process.kill()


def drawing(process: subprocess.Popen[str], phase_s: float, drawn: list[Span]) -> float:
    """Lets the window draw for a phase; returns when the measured part began (seconds since the epoch)."""
    process.send_signal(signal.SIGCONT)
    time.sleep(SETTLE_S)
    began, began_there = time.time(), time.monotonic()
    time.sleep(phase_s - SETTLE_S)
    drawn.append((began_there, time.monotonic()))
    return began


def alone(process: subprocess.Popen[str], phase_s: float) -> float:
    """Stops the window for a phase, then lets it go on; returns when the measured part began."""
    process.send_signal(signal.SIGSTOP)
    time.sleep(SETTLE_S)
    began = time.time()
    time.sleep(phase_s - SETTLE_S)
    process.send_signal(signal.SIGCONT)
    return began


def _loop_rows(loop: LoopTimes, drawn: list[Span], how: str) -> list[Row]:
    """How late the loop's ticks came while the window drew, with and without the time it painted itself."""
    ticks, painting = np.array(loop.ticks), _seconds_in(loop.paints + loop.redraws)
    before, now = ticks[:-1], ticks[1:]
    inside = np.logical_or.reduce([(begin <= before) & (now <= end) for begin, end in drawn])
    lags = np.maximum(0.0, now - before - TICK_S)[inside] * 1e3
    painted = (painting(now) - painting(before))[inside] * 1e3
    seconds = sum(end - begin for begin, end in drawn)
    redraws = sum(any(begin <= span[0] <= end for begin, end in drawn) for span in loop.redraws)
    said = f"a tick each 5 ms, {len(lags):,} of them; {how}"
    others = float(np.maximum(0.0, lags - painted).max())
    return [
        exact("window blocked by anything but its own painting, longest", others, "ms", said, _BLOCKED),
        exact("window's loop late, its own painting included, longest", float(lags.max()), "ms", said),
        exact("window's loop late, 99 of 100 ticks within", float(np.percentile(lags, 99)), "ms", said),
        exact("charts drawn", redraws / seconds, "times/s", how),
    ]


def _seconds_in(spans: list[Span]) -> Callable[[Times], Times]:
    """A function of time: the seconds up to then that lie in `spans`, those within another counted once."""
    times, covered, total = [-np.inf], [0.0], 0.0
    for begin, end in sorted(spans):
        first = max(begin, times[-1])
        if end > first:
            times += [first, end]
            covered += [total, total + end - first]
            total += end - first
    return lambda moments: np.interp(moments, times[1:], covered[1:])
