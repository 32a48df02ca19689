"""A run goes on only where there is something to go on from."""

from __future__ import annotations

from pathlib import Path

from gpulab.events.documents import ArtifactSaved
from gpulab.events.reader import Reader
from gpulab.runs.reading import digest_of
from gpulab.runs.recovery import close_if_vanished
from gpulab.runs.state import ACTIVE, state_of
from gpulab.spec.problem import BadInput, refuse


def resumable(run_dir: Path) -> int | None:
    """The step of the newest checkpoint that still stands in the run's folder, or None."""
    documents = (document for batch in Reader(run_dir).batches() for document in batch)
    saved = [document for document in documents if isinstance(document, ArtifactSaved)]
    checkpoints = [document for document in saved if document.kind == "checkpoint"]
    return next((one.step for one in reversed(checkpoints) if (run_dir / one.path).exists()), None)


def check_resumable(run_dir: Path) -> int:
    """The step from which the run will go on. Raises BadInput where it is at work, done, damaged or never saved."""
    close_if_vanished(run_dir)
    digest = digest_of(run_dir)
    state = state_of(run_dir, digest)
    if digest.problem:
        raise BadInput(digest.problem)
    if state in ACTIVE:
        raise refuse("run_is_running", path=str(run_dir))
    if state == "done":
        raise refuse("run_already_done", path=str(run_dir))
    step = resumable(run_dir)
    if step is None:
        raise refuse("no_checkpoint", path=str(run_dir))
    return step
