"""Lets an arm take its best learning rate first, so that it is no straw man: a search with the same budget for all."""

from __future__ import annotations

from pathlib import Path

import msgspec

from gpulab.comparisons.folder import JOBS
from gpulab.comparisons.runner import Runner
from gpulab.events.documents import Suggestion, Trial
from gpulab.events.log import read_all
from gpulab.runs import jobs
from gpulab.runs.folder import EXPERIMENT
from gpulab.runs.state import ACTIVE, state_of
from gpulab.spec.comparison import Rules
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import experiment_hash, load
from gpulab.spec.jobs import ask, is_job
from gpulab.techniques import REGISTRY

_RATE = "training.learning_rate"


class Tuned(msgspec.Struct, frozen=True):
    """The rate that a search suggests, out of how many short runs, and its folder."""

    rate: float
    trials: int
    job_dir: Path


def tune(folder: Path, experiment: Experiment, rules: Rules, runner: Runner) -> Tuned | None:
    """Searches the learning rate of `experiment`, nothing else varied; None where none was found to learn."""
    asked = {"trials": rules.tune_trials, "steps": rules.tune_steps, "vary": "rate"}
    job_dir = _begun(folder, experiment) or jobs.create(folder / JOBS, ask("search", asked), experiment)
    if state_of(job_dir) != "done":
        runner.run(job_dir)
    if state_of(job_dir) != "done":
        return None
    documents = read_all(job_dir)
    rate = next((one.changes[_RATE] for one in documents if isinstance(one, Suggestion) and _RATE in one.changes), None)
    trials = sum(isinstance(one, Trial) for one in documents)
    return Tuned(float(rate), trials, job_dir) if isinstance(rate, int | float) else None


def _begun(folder: Path, experiment: Experiment) -> Path | None:
    """The search for this arm that another conductor left behind: at work still, or done."""
    for job_dir in (folder / JOBS).glob("*/"):
        if not is_job(job_dir) or state_of(job_dir) not in (*ACTIVE, "queued", "done"):
            continue
        if experiment_hash(load(job_dir / EXPERIMENT, REGISTRY)) == experiment_hash(experiment):
            return job_dir
    return None
