"""Starts the conductor of a comparison: a process of its own, as a training is, found again by pid and birth."""

from __future__ import annotations

import sys
from pathlib import Path

from gpulab.comparisons.folder import RUNS, existing
from gpulab.events.control import give
from gpulab.runs import launcher
from gpulab.runs.files import not_writable
from gpulab.runs.reading import digest_of
from gpulab.runs.recovery import close_if_vanished
from gpulab.runs.state import ACTIVE, state_of
from gpulab.runs.stopping import stop as stop_worker
from gpulab.runs.workers import WorkerProcess
from gpulab.spec.problem import BadInput, refuse

COMMAND = (sys.executable, "-m", "gpulab.comparisons.conductor")


def start(folder: Path) -> WorkerProcess:
    """Starts the conductor of the comparison in `folder`, or lets another one go on where the last one ended.

    Raises BadInput `comparison_is_running` or `comparison_already_done`, and where its record is damaged.
    """
    folder = existing(folder)
    close_if_vanished(folder)
    if problem := digest_of(folder).problem:
        raise BadInput(problem)
    state = state_of(folder)
    if state in ACTIVE:
        raise refuse("comparison_is_running", path=str(folder))
    if state == "done":
        raise refuse("comparison_already_done", path=str(folder))
    return launcher.start(folder, command=COMMAND)


def attach(folder: Path) -> WorkerProcess | None:
    """The conductor at work on `folder`, whoever started it; None where there is none, or where it is gone."""
    return launcher.attach(folder)


def stop(folder: Path) -> None:
    """Tells the conductor to stop; it saves the run at work and writes why it ended. Returns at once.

    Where the conductor is gone, the run that it left behind is stopped.
    """
    if attach(folder):
        try:
            give(folder, "stop_and_save")
        except OSError as error:
            raise not_writable(folder, error) from error
        return
    close_if_vanished(folder)
    for run_dir in (folder / RUNS).glob("*/"):
        if worker := launcher.attach(run_dir):
            stop_worker(run_dir, worker)
