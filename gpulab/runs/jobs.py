"""A job is a folder like a run, so that whatever starts, follows and stops a run serves a job as well.

job.json, what is asked for, stands beside experiment.toml; the worker finds it there. Jobs are kept apart from runs:
they leave no model behind, only what was measured and what it suggests.
"""

from __future__ import annotations

from pathlib import Path

from gpulab.runs import folder
from gpulab.runs.files import write_whole
from gpulab.runs.home import home
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import JOB, Job, as_json
from gpulab.spec.problem import BadInput


def jobs_root() -> Path:
    """The folder that holds one folder for each job."""
    return home() / "jobs"


def create(root: Path, job: Job, experiment: Experiment) -> Path:
    """A new folder below `root` that asks for `job` on `experiment`; `gpulab.runs.launcher.start` begins it.

    Raises BadInput `folder_not_writable`; nothing is left behind then.
    """
    job_dir = folder.create(root, experiment)
    try:
        write_whole(job_dir / JOB, as_json(job))
    except BadInput:
        for path in (job_dir / folder.META, job_dir / folder.EXPERIMENT):
            path.unlink(missing_ok=True)
        job_dir.rmdir()
        raise
    return job_dir
