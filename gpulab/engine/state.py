"""The state of a training that techniques may see and change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from gpulab.engine.model import GPT
from gpulab.events.documents import AnyDocument
from gpulab.spec.experiment import Experiment
from gpulab.spec.plan import Plan


@dataclass
class TrainingState:
    """`step` counts finished steps; within a step it is the index of that step. `emit` writes a document."""

    experiment: Experiment
    plan: Plan
    device: torch.device
    model: GPT
    optimizer: torch.optim.Optimizer
    emit: Callable[[AnyDocument], None]
    step: int = 0

    @property
    def steps(self) -> int:
        return self.experiment.training.steps

    @property
    def seed(self) -> int:
        return self.experiment.training.seed
