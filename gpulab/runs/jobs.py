"""A job is a folder like a run, so that whatever starts, follows and stops a run serves a job as well.

job.json, what is asked for, stands beside experiment.toml; the worker finds it there. Jobs are kept apart from runs:
they leave no model behind, only what was measured and what it suggests.
"""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

from gpulab.runs import folder
from gpulab.runs.files import write_whole
from gpulab.runs.home import home
from gpulab.runs.state import ACTIVE, state_of
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import JOB, Job, as_json, is_job
from gpulab.spec.problem import BadInput

KEPT_DAYS = 30
"""A job's answer was read when it came; its folder is kept this long for whoever wonders how it came about."""


def jobs_root() -> Path:
    """The folder that holds one folder for each job."""
    return home() / "jobs"


def create(root: Path, job: Job, experiment: Experiment | None) -> Path:
    """A new folder below `root` that asks for `job` on `experiment`; `gpulab.runs.launcher.start` begins it.

    What asks about the machine (`OF_MACHINE`) has no experiment.
    Raises BadInput `folder_not_writable`; nothing is left behind then.
    """
    tidy(root)
    job_dir = folder.create(root, experiment, job.kind)
    try:
        write_whole(job_dir / JOB, as_json(job))
    except BadInput:
        for path in (job_dir / folder.META, job_dir / folder.EXPERIMENT):
            path.unlink(missing_ok=True)
        job_dir.rmdir()
        raise
    return job_dir


def tidy(root: Path) -> None:
    """Deletes the jobs below `root` that ended `KEPT_DAYS` ago, as far as that can be done."""
    oldest = time.time() - KEPT_DAYS * 86400
    with suppress(OSError):
        for job_dir in root.iterdir():
            if is_job(job_dir) and job_dir.stat().st_mtime < oldest:
                discard(job_dir)


def discard(job_dir: Path) -> None:
    """Deletes a job whose answer nobody needs any more; one that is at work stays."""
    if state_of(job_dir) not in ACTIVE:
        shutil.rmtree(job_dir, ignore_errors=True)
