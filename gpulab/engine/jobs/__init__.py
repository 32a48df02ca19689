"""Work with torch that is no training to keep: a job measures, trial by trial, then says what it suggests.

A job is started, followed and stopped like a training: the worker finds `job.json` in the folder it was given. One
file a kind, each with `measure` (which notes trials), `suggest` (a pure function of them) and `planned`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import psutil
import torch

from gpulab import __version__
from gpulab.engine.build import set_up_torch
from gpulab.engine.desk import Desk, Stopped
from gpulab.engine.device import make_current
from gpulab.engine.jobs import (
    age,
    attend,
    bias,
    ceilings,
    doses,
    find_batch,
    find_lr,
    guard,
    profile,
    scan,
    search,
    tune,
    tuning_advice,
    watch,
    write,
)
from gpulab.engine.jobs.workplace import Workplace
from gpulab.events import codec
from gpulab.events.documents import JobStarted, RunEnded, Status, Suggestion, Trial
from gpulab.events.log import EventLog
from gpulab.hardware.machine import this_machine
from gpulab.spec import jobs
from gpulab.spec.decode import encode
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import load
from gpulab.spec.problem import refuse
from gpulab.techniques import REGISTRY, chosen, fit


class Kind(NamedTuple):
    """How one kind of job works. `planned` tells how many trials there will be at most, 0 where nobody knows."""

    measure: Callable[[Workplace, Any], None]
    suggest: Callable[[Sequence[Trial], Experiment, Any], list[Suggestion]]
    planned: Callable[[Any], int]


KINDS: Mapping[jobs.Kind, Kind] = {
    "find_lr": Kind(find_lr.measure, find_lr.suggest, find_lr.planned),
    "find_batch": Kind(find_batch.measure, find_batch.suggest, find_batch.planned),
    "search": Kind(search.measure, search.suggest, search.planned),
    "tune": Kind(tune.measure, tuning_advice.suggest, tune.planned),
    "scan": Kind(scan.measure, scan.suggest, scan.planned),
    "age": Kind(age.measure, age.suggest, age.planned),
    "bias": Kind(bias.measure, bias.suggest, bias.planned),
    "watch": Kind(watch.measure, watch.suggest, watch.planned),
    "guard": Kind(guard.measure, guard.suggest, guard.planned),
    "doses": Kind(doses.measure, doses.suggest, doses.planned),
    "write": Kind(write.measure, write.suggest, write.planned),
    "attend": Kind(attend.measure, attend.suggest, attend.planned),
    "ceilings": Kind(ceilings.measure, ceilings.suggest, ceilings.planned),
    "profile": Kind(profile.measure, profile.suggest, profile.planned),
}


def run_job(job_dir: Path, log: EventLog, desk: Desk, step: list[int]) -> RunEnded:
    """Does what `job_dir` asks for; returns the document that closes it. Raises BadInput before anything is measured.

    A job that is stopped suggests what its trials so far tell. `step` takes in how many there were.
    """
    machine = this_machine()
    job = jobs.load(job_dir)
    experiment = jobs.where(job) if job.kind in jobs.OF_MACHINE else load(job_dir / "experiment.toml", REGISTRY)
    if job.kind in jobs.OF_RUNS:  # made on another machine, perhaps: it is only looked at
        wanted = experiment.device if experiment.device in machine.devices else "auto"
    else:
        wanted = fit(experiment, machine).device
        _check_alone(experiment)
    set_up_torch(machine.threads(experiment.threads))
    device = torch.device(machine.resolved(wanted))
    make_current(device)
    place = Workplace(job_dir, experiment, device, log, desk.go_on)
    kind = KINDS[job.kind]
    log.append([_started(job, experiment, device, kind.planned(job.settings))])
    status: Status = "done"
    try:
        kind.measure(place, job.settings)
    except Stopped:
        status = "stopped"
    finally:
        step[0] = len(place.trials)
    log.append(kind.suggest(place.trials, experiment, job.settings))
    reason = "stopped_by_person" if status == "stopped" else ""
    return RunEnded(status=status, step=len(place.trials), reason=reason)


def _started(job: jobs.Job, experiment: Experiment, device: torch.device, trials: int) -> JobStarted:
    return JobStarted(
        format=codec.FORMAT,
        kind=job.kind,
        settings=msgspec.to_builtins(job.settings),
        experiment={} if job.kind in jobs.OF_MACHINE else encode(experiment),
        seed=experiment.training.seed,
        versions={"gpulab": __version__, "torch": str(torch.__version__)},
        device=str(device),
        device_name=this_machine().device_name(str(device)),
        threads=torch.get_num_threads(),
        trials=trials,
        pid=os.getpid(),
        pid_started=psutil.Process().create_time(),
    )


def _check_alone(experiment: Experiment) -> None:
    """Raises BadInput where the experiment wants several processes: a job is one."""
    for technique in chosen(experiment):
        if technique.workers() > 1:
            raise refuse("job_works_alone", f"techniques.{technique.name}", technique=technique.label)
