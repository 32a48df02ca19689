"""What a technique is: a class that declares itself to people and hooks into the training's named phases.

A technique overrides only the phases it needs. The whole loop, with every phase in its place:

    plan = edit_plan(plan)                      # shapes, before any torch
    documents = prepare_text(documents)         # each split on its own, before it becomes tokens
    edit_model(state)                           # the model stands, nothing is trained
    edit_optimizer(state)
    for step in range(steps):
        learning rate *= lr_factor(step, steps)
        for micro-batch:
            with forward_context(state):
                loss = model(inputs, targets)
            edit_loss(loss).backward()
        after_backward(state)                   # gradients are complete
        optimizer.step()
        after_step(state)                       # weights have changed
    model = compress(model, state)              # after training, on a copy
    before_export(model)                        # just before bytes are written

Overridden phases are gathered once, in the order of the list in `gpulab.techniques`, so that the loop names nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, ClassVar

from gpulab.hardware.machine import Machine
from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.plan import Plan
from gpulab.spec.problem import Problem

if TYPE_CHECKING:
    import torch

    from gpulab.engine.state import TrainingState
    from gpulab.text.documents import Document

Need = Callable[[Machine, str], Problem | None]
"""Given the machine and the resolved device (`cpu`, `cuda:0`): why something cannot be used, or None."""

ChoiceNeeds = Mapping[str, Mapping[str, Need]]
"""For a setting's name and one of its choices, the need."""

PHASES = (
    "edit_plan",
    "prepare_text",
    "edit_model",
    "edit_optimizer",
    "lr_factor",
    "forward_context",
    "edit_loss",
    "after_backward",
    "after_step",
    "compress",
    "before_export",
)


class Technique:
    """Base of every technique. Class attributes are its card; methods are its phases, which do nothing here."""

    name: ClassVar[str]
    card: ClassVar[str]
    label: ClassVar[str]
    summary: ClassVar[str]
    promise: ClassVar[str]
    risk: ClassVar[str]
    sources: ClassVar[tuple[str, ...]]
    Settings: ClassVar[type[Settings]] = Settings
    needs: ClassVar[ChoiceNeeds] = {}
    """Choices that cannot work everywhere: they are shown disabled, with the reason, and refused."""
    cautions: ClassVar[ChoiceNeeds] = {}
    """Choices that work here but cannot pay: the reason is shown, nothing is refused."""
    conflicts: ClassVar[Mapping[str, str]] = {}
    """Names of techniques that exclude this one, each with the reason in plain words."""

    def __init__(self, settings: Any) -> None:
        self.settings = settings

    @classmethod
    def rules(cls, settings: Any, experiment: Experiment) -> Iterator[Problem]:
        """Rules across this technique's settings and the rest of the experiment that are broken."""
        yield from ()

    def edit_plan(self, plan: Plan) -> Plan:
        return plan

    def prepare_text(self, documents: Sequence[Document]) -> Sequence[Document]:
        return documents

    def edit_model(self, state: TrainingState) -> None:
        """Changes `state.model` in place."""

    def edit_optimizer(self, state: TrainingState) -> None:
        """Changes `state.optimizer` in place, or puts another in its place."""

    def lr_factor(self, step: int, steps: int) -> float:
        """What the learning rate of `step` (from 0) of `steps` is multiplied by."""
        return 1.0

    def forward_context(self, state: TrainingState) -> AbstractContextManager[object]:
        return nullcontext()

    def edit_loss(self, loss: torch.Tensor, state: TrainingState) -> torch.Tensor:
        return loss

    def after_backward(self, state: TrainingState) -> None:
        """Sees or changes complete gradients, before they are checked and used."""

    def after_step(self, state: TrainingState) -> None:
        """Sees or changes the weights that a step has just written."""

    def compress(self, model: torch.nn.Module, state: TrainingState) -> torch.nn.Module:
        """Returns the compressed model; `model` is a copy and may be changed."""
        return model

    def compresses(self) -> bool:
        """Whether, with these settings, there is a compressed model beside the trained one."""
        return overrides(self, "compress")

    def before_export(self, model: torch.nn.Module) -> None:
        """Last change before the model's bytes are written."""

    def state_dict(self) -> dict[str, Any]:
        """Tensors and plain values to carry over a checkpoint. Empty for a technique without state of its own."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Takes back what `state_dict` gave."""


def overrides(technique: Technique, phase: str) -> bool:
    """Whether `technique` does something in `phase`."""
    return getattr(type(technique), phase) is not getattr(Technique, phase)
