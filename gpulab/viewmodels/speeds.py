"""How long a training takes is told from finished runs like it on this machine, never guessed from arithmetic."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import msgspec

from gpulab.hardware.machine import Machine
from gpulab.spec.experiment import Experiment, Model, Settings
from gpulab.spec.problem import BadInput
from gpulab.viewmodels.loading import experiment_of
from gpulab.viewmodels.record import RunRecord

_NEWEST = 400  # the experiments of ten thousand would take seconds to read
_SLOWER_OR_FASTER = (
    "architecture",
    "attention",
    "data_parallel",
    "gradient_compression",
    "compilation",
    "frozen_layers",
    "gradient_checkpointing",
    "optimizer_kernel",
    "precision",
)
"""Techniques that change how long a step takes by enough to tell."""


class Alike(msgspec.Struct, frozen=True):
    """Runs for which all of this is equal train about equally fast."""

    model: Model
    batch_size: int
    accumulation: int
    optimizer: str
    techniques: tuple[Settings | None, ...]
    device_name: str
    threads: int


class Finished(msgspec.Struct, frozen=True):
    """A finished run, as far as its speed needs it."""

    folder: Path
    device_name: str
    tokens_per_s: float


class Speeds:
    """Training tokens per second that were measured here; call it with an experiment to ask."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._known: dict[Alike, list[float]] = defaultdict(list)
        self._read: set[Path] = set()

    def __call__(self, experiment: Experiment) -> float | None:
        """The median over the finished runs that are like `experiment`, or None where there is none."""
        name = self._machine.device_name(experiment.device)
        measured = self._known.get(self._alike(experiment, name))
        return statistics.median(measured) if measured else None

    def add(self, experiment: Experiment, device_name: str, tokens_per_s: float) -> None:
        """Takes one measurement in."""
        self._known[self._alike(experiment, device_name)].append(tokens_per_s)

    def learn(self, runs: list[Finished]) -> int:
        """Reads the experiments of `runs`; says how many were new. Touches the disk; those it cannot read are left."""
        fresh = [run for run in runs if run.folder not in self._read]
        for run in fresh:
            self._read.add(run.folder)
            try:
                self.add(experiment_of(run.folder), run.device_name, run.tokens_per_s)
            except BadInput:
                continue
        return len(fresh)

    def _alike(self, experiment: Experiment, device_name: str) -> Alike:
        training = experiment.training
        return Alike(
            experiment.model,
            training.batch_size,
            training.accumulation,
            training.optimizer,
            tuple(experiment.techniques.get(name) for name in _SLOWER_OR_FASTER),
            device_name,
            self._machine.threads(experiment.threads),
        )


def finished(run: RunRecord) -> Finished | None:
    """What `run` tells of its device's speed: only runs that came to their end and are no replay do."""
    measured = run.summary.get("tokens_per_s")
    if run.state != "done" or run.replayed or not run.device_name or not isinstance(measured, int | float):
        return None
    return Finished(run.folder, run.device_name, float(measured))


def newest_finished(records: Sequence[RunRecord]) -> list[Finished]:
    """What the newest of `records`, which are in the order of their age, tell: older ones ran an older engine."""
    found = (tells for record in reversed(records) if (tells := finished(record)) is not None)
    return list(islice(found, _NEWEST))
