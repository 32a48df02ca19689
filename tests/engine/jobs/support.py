"""Real jobs on tiny models, as the worker does them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gpulab.engine.desk import Desk
from gpulab.engine.worker import work
from gpulab.events.documents import AnyDocument, Suggestion, Trial
from gpulab.events.log import read_all
from gpulab.runs import jobs
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Kind, ask


def asked(folder: Path, kind: Kind, experiment: Experiment, **settings: Any) -> Path:
    """A folder that asks for the job."""
    return jobs.create(folder / "jobs", ask(kind, settings), experiment)


def done(folder: Path, kind: Kind, experiment: Experiment, **settings: Any) -> list[AnyDocument]:
    """Does the job in this process and returns every document of it."""
    job_dir = asked(folder, kind, experiment, **settings)
    work(job_dir, Desk(job_dir))
    return read_all(job_dir)


def trials(documents: list[AnyDocument]) -> list[Trial]:
    return [document for document in documents if isinstance(document, Trial)]


def suggestions(documents: list[AnyDocument]) -> list[Suggestion]:
    return [document for document in documents if isinstance(document, Suggestion)]


def trial(number: int, names: dict[str, str] | None = None, **values: float | None) -> Trial:
    """A made-up measurement."""
    return Trial(number=number, seconds=float(number), values=values, names=names or {})
