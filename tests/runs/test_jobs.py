"""Jobs leave no model behind, and in time no folder either."""

from __future__ import annotations

import os
import time
from pathlib import Path

from gpulab.events.documents import Notice, RunEnded
from gpulab.events.log import EventLog
from gpulab.runs import jobs
from gpulab.runs.folder import create as create_run
from gpulab.spec.jobs import ask
from gpulab.spec.presets import experiment_from

NANO = experiment_from("nano")


def ended(root: Path, days_ago: float) -> Path:
    """A job that ended so long ago."""
    job_dir = jobs.create(root, ask("find_lr"), NANO)
    with EventLog(job_dir) as log:
        log.append([RunEnded(status="done", step=1)])
    then = time.time() - days_ago * 86400
    os.utime(job_dir, (then, then))
    return job_dir


def test_old_jobs_go_when_a_new_one_is_made(tmp_path: Path) -> None:
    old, young = ended(tmp_path, jobs.KEPT_DAYS + 1), ended(tmp_path, jobs.KEPT_DAYS - 1)
    run_dir = create_run(tmp_path, NANO)
    os.utime(run_dir, (0, 0))
    fresh = jobs.create(tmp_path, ask("find_lr"), NANO)
    assert not old.exists()
    assert young.is_dir()
    assert fresh.is_dir()
    assert run_dir.is_dir(), "a run is no job, however old"


def test_a_job_at_work_is_not_discarded(tmp_path: Path) -> None:
    job_dir = jobs.create(tmp_path, ask("find_lr"), NANO)
    with EventLog(job_dir) as log:
        log.append([Notice(key="preparing")])
        jobs.discard(job_dir)
        assert job_dir.is_dir()
        log.append([RunEnded(status="done", step=1)])
        jobs.discard(job_dir)
    assert not job_dir.exists()
