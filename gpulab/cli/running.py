"""Runs an experiment to its end, or goes on with one, while the terminal shows how it goes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from gpulab.cli.experiments import add_experiment_arguments, experiment_of
from gpulab.cli.output import tell
from gpulab.cli.summary import finish
from gpulab.cli.watching import watch
from gpulab.comparisons.runner import comparison_at_work
from gpulab.runs.folder import EXPERIMENT, create, existing
from gpulab.runs.home import runs_root
from gpulab.runs.launcher import start
from gpulab.runs.resuming import check_resumable
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import load, with_text_found
from gpulab.techniques import REGISTRY, chosen, fit
from gpulab.words import sentence


def add_verbs(verbs: Any) -> None:
    run = verbs.add_parser("run", help="run an experiment")
    add_experiment_arguments(run)
    run.add_argument("--out", type=Path, metavar="DIR", help="where the run's folder is made (the app's own place)")
    run.add_argument("--json", action="store_true", help="print one summary object")
    run.set_defaults(do=_run)

    resume = verbs.add_parser("resume", help="go on with a run that was stopped or broke off")
    resume.add_argument("run_dir", type=Path, metavar="RUN_DIR")
    resume.add_argument("--json", action="store_true", help="print one summary object")
    resume.set_defaults(do=_resume)


def checked_here(experiment: Experiment) -> Experiment:
    """`experiment` itself if this machine can run it on its text. Raises BadInput before anything is started."""
    from gpulab.hardware.machine import this_machine
    from gpulab.text.experiment_text import text_of

    fit(experiment, this_machine())
    text_of(experiment, chosen(experiment))
    return experiment


def tell_of_comparison() -> None:
    """Says that a comparison is at work, where one is: it waits for other comparisons, and this waits for nobody."""
    if comparison_at_work():
        tell(sentence("beside_comparison", {}))


def _run(options: argparse.Namespace) -> int:
    experiment = checked_here(experiment_of(options))
    run_dir = create(options.out or runs_root(), experiment)
    tell_of_comparison()
    tell(f"The run's folder: {run_dir}")
    return finish(watch(run_dir, start(run_dir)), options.json)


def _resume(options: argparse.Namespace) -> int:
    run_dir = existing(options.run_dir)
    step = check_resumable(run_dir)
    path = run_dir / EXPERIMENT
    checked_here(with_text_found(load(path, REGISTRY), path))
    tell_of_comparison()
    tell(f"Going on from step {step:,}.")
    return finish(watch(run_dir, start(run_dir, resume=True)), options.json)
