"""A run that is going on, wherever it was started, can be told to pause, go on or stop."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from gpulab.cli.output import tell
from gpulab.comparisons import launching
from gpulab.comparisons.folder import is_comparison
from gpulab.comparisons.standing import state_in
from gpulab.events.control import Command, give
from gpulab.runs.folder import existing
from gpulab.runs.launcher import attach
from gpulab.runs.reading import digest_of
from gpulab.runs.recovery import close_if_vanished
from gpulab.runs.state import ACTIVE, state_of
from gpulab.runs.stopping import ask_s, stop
from gpulab.spec.problem import refuse

_LOOK_S = 0.1


def add_verbs(verbs: Any) -> None:
    for name, help_, do in (
        ("stop", "stop a run, or a comparison; it saves what it has learned", _stop),
        ("pause", "let a run wait between two steps", _pause),
        ("continue", "let a paused run go on", _continue),
    ):
        verb = verbs.add_parser(name, help=help_)
        verb.add_argument("run_dir", type=Path, metavar="RUN_DIR")
        verb.set_defaults(do=do)


def _active(path: Path) -> Path:
    run_dir = path.resolve() if is_comparison(path) else existing(path)  # its conductor passes orders on
    close_if_vanished(run_dir)
    if state_of(run_dir) not in ACTIVE:
        raise refuse("run_not_running", path=str(path))
    return run_dir


def _stop(options: argparse.Namespace) -> int:
    if is_comparison(options.run_dir):
        return _stop_comparison(options.run_dir.resolve())
    run_dir = _active(options.run_dir)
    worker = attach(run_dir)
    if worker is None:
        raise refuse("run_not_running", path=str(options.run_dir))
    stop(run_dir, worker, ask_s=ask_s(digest_of(run_dir)))
    digest = digest_of(run_dir)
    tell(f"Ended after {digest.step:,} steps ({digest.status}). Go on with: gpulab resume {run_dir}")
    return 0


def _stop_comparison(folder: Path) -> int:
    """Its conductor lets the run at work save itself, however long that takes."""
    conductor = launching.attach(folder)
    if conductor is None and state_in(folder) != "vanished":  # of one that is gone, a run may still be at work
        raise refuse("comparison_not_running", path=str(folder))
    launching.stop(folder)
    while conductor and conductor.alive:
        time.sleep(_LOOK_S)
    tell(f"Ended. Go on with: gpulab compare --go-on {folder}")
    return 0


def _pause(options: argparse.Namespace) -> int:
    return _order(options, "pause", "It pauses after the step it is at.")


def _continue(options: argparse.Namespace) -> int:
    return _order(options, "resume", "It goes on.")


def _order(options: argparse.Namespace, command: Command, said: str) -> int:
    give(_active(options.run_dir), command)
    tell(said)
    return 0
