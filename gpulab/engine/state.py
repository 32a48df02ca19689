"""The state of a training that techniques may see and change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch

from gpulab.engine.batches import Batch, fixed_windows
from gpulab.engine.model import GPT
from gpulab.engine.parallel.team import ALONE, Team
from gpulab.engine.probes.phases import Phase, unmarked
from gpulab.engine.randomness import of_rank, torch_stream
from gpulab.events.documents import AnyDocument, Notice
from gpulab.spec.experiment import Experiment
from gpulab.spec.plan import Plan
from gpulab.spec.problem import Argument


@dataclass
class TrainingState:
    """`step` counts finished steps; within a step it is the index of that step. `emit` writes a document.

    `network` is what the loop calls: the model itself, or what a technique wrapped around it. `micro` is the index of
    the micro-batch within the step. A technique that shortens gradients leaves in `gradient_norm` what it was before,
    on the device: that is what a person should see, and no step waits for it. `phase` names the parts of a
    step for the profiler. `compile_seconds` went into compiling, None where nothing was or it was not measured. `team`
    is who trains with us; while `apart`, each of its ranks works on its own share of the batch, with chance of its own.
    """

    experiment: Experiment
    plan: Plan
    device: torch.device
    model: GPT
    emit: Callable[[AnyDocument], None]
    optimizer: torch.optim.Optimizer = field(init=False)
    step: int = 0
    micro: int = 0
    ended_early: bool = False
    team: Team = ALONE
    apart: bool = False

    compile_seconds: float | None = None
    training_tokens: npt.NDArray[np.integer] | None = None

    def __post_init__(self) -> None:
        self.network: torch.nn.Module = self.model
        self.gradient_norm: torch.Tensor | None = None
        self.phase: Phase = unmarked

    @property
    def finished(self) -> bool:
        """Whether no further step is to be made."""
        return self.ended_early or self.step >= self.steps

    def stream(self, *name: str | int) -> torch.Generator:
        """Chance for one use of this step: a pure function of seed, name, step and micro-batch, on the device."""
        own = of_rank(self.team.rank) if self.apart else ()
        return torch_stream(self.seed, *name, self.step, self.micro, *own, device=self.device)

    def notify(self, key: str, **arguments: Argument) -> None:
        """Writes a notice: `key` has its sentence in `gpulab.words`, with `arguments` in its blanks."""
        self.emit(Notice(key=key, step=self.step, arguments=arguments))

    def training_windows(self) -> Batch:
        """A batch spread evenly over the training text, the same at every call: what techniques measure on."""
        assert self.training_tokens is not None
        inputs, targets = fixed_windows(self.training_tokens, self.plan.context_length, self.plan.batch_size)
        return inputs.to(self.device), targets.to(self.device)

    @property
    def steps(self) -> int:
        return self.experiment.training.steps

    @property
    def seed(self) -> int:
        return self.experiment.training.seed
