"""Lets an arm take its best learning rate first, so that it is no straw man: a search with the same budget for all."""

from __future__ import annotations

from pathlib import Path

import msgspec

from gpulab.comparisons.folder import JOBS
from gpulab.comparisons.runner import Runner
from gpulab.events.documents import Suggestion, Trial
from gpulab.events.log import read_all
from gpulab.runs import jobs
from gpulab.runs.state import state_of
from gpulab.spec.comparison import Rules
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import ask

_RATE = "training.learning_rate"


class Tuned(msgspec.Struct, frozen=True):
    """The rate that a search suggests, out of how many short runs, and its folder."""

    rate: float
    trials: int
    job_dir: Path


def tune(folder: Path, experiment: Experiment, rules: Rules, runner: Runner) -> Tuned | None:
    """Searches the learning rate of `experiment`, nothing else varied; None where none was found to learn."""
    asked = {"trials": rules.tune_trials, "steps": rules.tune_steps, "vary": "rate"}
    job_dir = jobs.create(folder / JOBS, ask("search", asked), experiment)
    runner.run(job_dir)
    if state_of(job_dir) != "done":
        return None
    documents = read_all(job_dir)
    rate = next((one.changes[_RATE] for one in documents if isinstance(one, Suggestion) and _RATE in one.changes), None)
    trials = sum(isinstance(one, Trial) for one in documents)
    return Tuned(float(rate), trials, job_dir) if isinstance(rate, int | float) else None
