"""Stays with a worker until it is gone; Ctrl+C passes through here, because the worker has a session of its own."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType

import msgspec

from gpulab.cli.output import tell
from gpulab.cli.progress import Progress, progress
from gpulab.events.documents import AnyDocument, Notice
from gpulab.runs.digest import Digest
from gpulab.runs.follow import Follower
from gpulab.runs.recovery import close_if_vanished
from gpulab.runs.stopping import Stopping, ask_s
from gpulab.runs.workers import WorkerProcess
from gpulab.spec.problem import Problem

_LOOK_S = 0.1


class Watched(msgspec.Struct):
    """A run that was watched to its end."""

    run_dir: Path
    digest: Digest
    notices: list[Notice] = []
    problem: Problem | None = None


def watch(run_dir: Path, worker: WorkerProcess, shown: Progress | None = None) -> Watched:
    """Shows how the run goes until its worker is gone, by `shown` or as suits the terminal.

    Ctrl+C stops and saves, a second one ends it at once.
    """
    watched = Watched(run_dir, Digest())
    follower = Follower(run_dir)
    for batch in follower.batches():  # what a resumed run has said before is no news
        watched.digest.add(batch)
    with (
        nullcontext(shown) if shown else progress() as shown,
        interruptions(_stopper(run_dir, worker, watched.digest)) as tick,
    ):
        gone = False
        while not gone:
            gone = not worker.alive  # asked before reading, so that the last words are read
            _take_in(follower.poll(), watched, shown)
            tick()
            if not gone:
                time.sleep(_LOOK_S)
        close_if_vanished(run_dir, worker.exit_code)
        for batch in follower.batches():
            _take_in(batch, watched, shown)
    watched.problem = follower.problem
    return watched


def _take_in(documents: list[AnyDocument], watched: Watched, shown: Progress) -> None:
    watched.digest.add(documents)
    watched.notices += [document for document in documents if isinstance(document, Notice)]
    shown.show(documents, watched.digest)


def _stopper(run_dir: Path, worker: WorkerProcess, digest: Digest) -> Callable[[int], Callable[[], object]]:
    """Called with the number of the interruption; returns what is to be done at each look from then on."""
    stopping: list[Stopping] = []

    def interrupted(times: int) -> Callable[[], object]:
        if times == 1:
            tell("\nStopping and saving. Press Ctrl+C again to end at once.")
            stopping.append(Stopping(run_dir, worker, ask_s=ask_s(digest)))
            return stopping[0].tick
        return worker.kill

    return interrupted


@contextmanager
def interruptions(interrupted: Callable[[int], Callable[[], object]]) -> Iterator[Callable[[], None]]:
    """Counts Ctrl+C (or a polite request to end) instead of breaking off; yields what to call at each look."""
    counted = [0]
    done = [0]
    doing: list[Callable[[], object]] = [lambda: None]

    def count(number: int, frame: FrameType | None) -> None:
        counted[0] += 1

    def tick() -> None:
        while done[0] < counted[0]:
            done[0] += 1
            doing[0] = interrupted(done[0])
        doing[0]()

    before = {number: signal.signal(number, count) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield tick
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
