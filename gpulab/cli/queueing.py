"""The queue, which window and terminal share."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from gpulab.cli.experiments import add_experiment_arguments, experiment_of
from gpulab.cli.output import give, tell
from gpulab.cli.running import checked_here
from gpulab.cli.summary import finish
from gpulab.cli.watching import watch
from gpulab.runs.folder import create
from gpulab.runs.home import runs_root
from gpulab.runs.queue import Queue

_LOOK_S = 1.0


def add_verbs(verbs: Any) -> None:
    queue = verbs.add_parser("queue", help="list the runs that wait; add, remove, move or run them")
    queue.set_defaults(do=_list)
    actions = queue.add_subparsers(metavar="ACTION")
    add = actions.add_parser("add", help="put an experiment at the end")
    add_experiment_arguments(add)
    add.set_defaults(do=_add)
    remove = actions.add_parser("remove", help="take a run out; its folder stays")
    remove.add_argument("run_dir", type=Path, metavar="RUN_DIR")
    remove.set_defaults(do=_remove)
    move = actions.add_parser("move", help="put a run at another place")
    move.add_argument("run_dir", type=Path, metavar="RUN_DIR")
    move.add_argument("place", type=int, metavar="PLACE", help="1 is the next to run")
    move.set_defaults(do=_move)
    run = actions.add_parser("run", help="run what waits, one after the other, until nothing does")
    run.set_defaults(do=_run)


def _list(options: argparse.Namespace) -> int:
    queue = Queue(runs_root())
    if current := queue.current():
        give(f"at work  {current}")
    for place, run_dir in enumerate(queue.waiting(), 1):
        give(f"{place:>7}  {run_dir}")
    return 0


def _add(options: argparse.Namespace) -> int:
    run_dir = create(runs_root(), checked_here(experiment_of(options)))
    Queue(runs_root()).add(run_dir)
    give(str(run_dir))
    return 0


def _remove(options: argparse.Namespace) -> int:
    Queue(runs_root()).remove(options.run_dir)
    return 0


def _move(options: argparse.Namespace) -> int:
    Queue(runs_root()).move(options.run_dir, max(0, options.place - 1))
    return 0


def _run(options: argparse.Namespace) -> int:
    """Serves the queue beside whoever else does. The exit status is the worst of the runs it started."""
    queue, worst = Queue(runs_root()), 0
    while queue.waiting():
        begun = queue.advance()
        if begun is None:
            time.sleep(_LOOK_S)  # another window's run is at work
            continue
        tell(f"The run's folder: {begun[0]}")
        watched = watch(*begun)
        worst = max(worst, min(1, finish(watched, as_json=False)))
        if watched.digest.status == "stopped":
            tell("The others still wait: gpulab queue run")
            break
    return worst
