"""Stays with a comparison until its conductor is gone: a bar with the time left on a terminal, lines in a log file."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from gpulab.analysis.numerals import duration
from gpulab.cli.output import tell
from gpulab.cli.watching import interruptions
from gpulab.comparisons import launching
from gpulab.comparisons.standing import Standing, Watching
from gpulab.events.documents import Notice
from gpulab.runs.reading import digest_of
from gpulab.runs.recovery import close_if_vanished
from gpulab.runs.workers import WorkerProcess
from gpulab.words import sentence

if TYPE_CHECKING:
    from tqdm import tqdm

_LOOK_S = 0.3


def conduct(folder: Path, conductor: WorkerProcess) -> Standing:
    """Shows how the comparison goes until `conductor` is gone. Ctrl+C stops it politely, a second one at once."""

    def interrupted(times: int) -> Callable[[], object]:
        if times == 1:
            tell("\nStopping; the run at work is saved. Press Ctrl+C again to end at once.")
            launching.stop(folder)
            return lambda: None
        return conductor.kill

    watching = Watching(folder)
    with shown() as show, interruptions(interrupted) as tick:
        gone = False
        while not gone:
            gone = not conductor.alive  # asked before reading, so that the last words are read
            show(watching.read())
            tick()
            if not gone:
                time.sleep(_LOOK_S)
    close_if_vanished(folder, conductor.exit_code)
    return watching.read()


def where(standing: Standing) -> str:
    """What is being done: which run of how many, and for how much longer."""
    if standing.in_line:
        return "waits for another comparison"
    if standing.current is None:
        return "searches learning rates" if _tunes(standing) else ""
    arm, seed, run_dir = standing.current
    digest = digest_of(run_dir)
    parts = [f"run {standing.done_runs + 1} of {standing.planned_runs}"]
    if standing.seconds_left is not None:
        parts.append(_left(standing.seconds_left))
    parts.append(f"{standing.comparison.arm(arm).name}, seed {seed}")
    if digest.steps:
        parts.append(f"step {digest.step:,} of {digest.steps:,}")
    return ", ".join(parts)


def _left(seconds: float) -> str:
    return f"about {duration(round(seconds))} left" if seconds >= 1.0 else "a moment left"


def _tunes(standing: Standing) -> bool:
    return standing.comparison.rules.tune and not standing.done_runs


@contextmanager
def shown() -> Iterator[Callable[[Standing], None]]:
    """What suits stderr."""
    if not sys.stderr.isatty():
        yield _Lines().show
        return
    bar = _Bar()
    try:
        yield bar.show
    finally:
        bar.close()


class _News:
    """Passes on each notice once."""

    def __init__(self) -> None:
        self._seen = 0

    def of(self, standing: Standing) -> tuple[Notice, ...]:
        fresh = standing.notices[self._seen :]
        self._seen = len(standing.notices)
        return fresh


class _Lines:
    """A line for each notice and each run that begins."""

    def __init__(self) -> None:
        self._news = _News()
        self._run: Path | None = None

    def show(self, standing: Standing) -> None:
        for notice in self._news.of(standing):
            tell(_news(standing, notice))
        if standing.current and standing.current[2] != self._run:
            arm, seed, self._run = standing.current
            number = f"run {standing.done_runs + 1} of {standing.planned_runs}"
            left = f", {_left(standing.seconds_left)}" if standing.seconds_left is not None else ""
            tell(f"{number}: {standing.comparison.arm(arm).name}, seed {seed}{left}")


class _Bar:
    """A tqdm bar over runs, of which the one at work counts in part."""

    def __init__(self) -> None:
        from tqdm import tqdm

        layout = "{bar:16} {desc}"
        self._bar: tqdm[NoReturn] = tqdm(total=1, bar_format=layout, file=sys.stderr, dynamic_ncols=True, leave=False)
        self._news = _News()

    def show(self, standing: Standing) -> None:
        for notice in self._news.of(standing):
            self._bar.write(_news(standing, notice), file=sys.stderr)
        self._bar.total = max(1, standing.planned_runs)
        self._bar.n = standing.done_runs + standing.current_share
        self._bar.set_description_str(where(standing))

    def close(self) -> None:
        self._bar.close()


def _news(standing: Standing, notice: Notice) -> str:
    """A notice in words, with the run that it is about."""
    said = sentence(notice.key, notice.arguments)
    if "seed" not in notice.arguments:
        return said
    return f"{standing.comparison.arm(str(notice.arguments['arm'])).name}, seed {notice.arguments['seed']}: {said}"
