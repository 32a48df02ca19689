"""Reads from disk what is to be said as commands, away from the window's loop."""

from __future__ import annotations

from pathlib import Path

from gpulab.comparisons import folder as comparisons
from gpulab.spec.experiment import Experiment
from gpulab.viewmodels.command import as_text, of_experiment
from gpulab.viewmodels.comparison_command import of_comparison
from gpulab.viewmodels.loading import experiment_of, read_experiment


def commands_of(folder: Path) -> str:
    """The commands that make the comparison or the run in `folder` again. Raises BadInput."""
    if comparisons.is_comparison(folder):
        return as_text(of_comparison(*comparisons.load(folder)))
    return as_text(of_experiment(experiment_of(folder)))


def commands_for(experiment: Experiment, path: Path | None) -> str:
    """The commands that run `experiment`, from the file at `path` where it belongs to one that is still there."""
    if path is None or not path.is_file():
        return as_text(of_experiment(experiment))
    return as_text(of_experiment(experiment, path, read_experiment(path)))
