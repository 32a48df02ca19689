"""What a technique is: a class that declares itself to people and hooks into the training's named phases.

A technique overrides only the phases it needs. The whole loop, with every phase in its place:

    plan = edit_plan(plan)                      # shapes, before any torch
    documents = prepare_text(documents, split)  # each split on its own, before it becomes tokens
    edit_model(state)                           # the model stands, nothing is trained
    edit_optimizer(state)
    for step in range(steps):
        learning rate *= lr_factor(step, steps)
        for micro-batch:
            inputs, targets = edit_batch(inputs, targets, state)
            with forward_context(state):
                logits = model(inputs)
            edit_loss(loss, logits, targets, state).backward()
        after_backward(state)                   # gradients are complete
        optimizer.step()
        after_step(state)                       # weights have changed
        now and then, with evaluation_context(state):
            after_validation(val_loss, state)   # the model has been looked at
    with evaluation_context(state):
        before_export(model)                    # what only training needed goes
        model = compress(model, state)          # after training, on a copy that is ready for export

Overridden phases are gathered once, in the order of the list in `gpulab.techniques`, so that the loop names nobody.
`after_backward` alone goes through the list from its end: who changed the loss last (a scale for 16 bits) takes that
back first, so that everybody before it sees true gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, ClassVar

from gpulab.events.documents import SeriesDeclared
from gpulab.hardware.machine import Machine
from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.plan import Plan
from gpulab.spec.problem import Problem
from gpulab.techniques.ladder import Ladder

if TYPE_CHECKING:
    import torch

    from gpulab.engine.state import TrainingState
    from gpulab.text.documents import Document
    from gpulab.text.separating import Split

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
    "edit_batch",
    "forward_context",
    "edit_loss",
    "after_backward",
    "after_step",
    "evaluation_context",
    "after_validation",
    "before_export",
    "compress",
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
    requires: ClassVar[Sequence[Need]] = ()
    """What the machine must have for any of this: without it the card is shown disabled, with the reason."""
    needs: ClassVar[ChoiceNeeds] = {}
    """Choices that cannot work everywhere: they are shown disabled, with the reason, and refused."""
    cautions: ClassVar[ChoiceNeeds] = {}
    """Choices that work here but cannot pay: the reason is shown, nothing is refused."""
    conflicts: ClassVar[Mapping[str, str]] = {}
    """Names of techniques that exclude this one, each with the reason in plain words."""

    ladder: ClassVar[Ladder | None] = None
    """For what compresses a trained model: the doses in which "How far can I go?" tries it."""
    per_rank: ClassVar[bool] = False
    """Whether, of several processes that train together, each has a state of its own to carry over a checkpoint."""

    def __init__(self, settings: Any) -> None:
        self.settings = settings

    @classmethod
    def limits(cls, settings: Any, machine: Machine, device: str) -> Iterator[Problem]:
        """What `settings` ask of the machine that the resolved `device` cannot give, where no choice says it all."""
        yield from ()

    @classmethod
    def doubts(cls, settings: Any, machine: Machine, device: str) -> Iterator[Problem]:
        """What about `settings` works on `device` but cannot pay there, where no choice says it all."""
        yield from ()

    @classmethod
    def rules(cls, settings: Any, experiment: Experiment) -> Iterator[Problem]:
        """Rules across this technique's settings and the rest of the experiment that are broken."""
        yield from ()

    def workers(self) -> int:
        """How many processes the training wants to be shared among."""
        return 1

    def edit_plan(self, plan: Plan) -> Plan:
        return plan

    def prepare_text(self, documents: Sequence[Document], split: Split) -> Sequence[Document]:
        """The documents of one part of the text as they are to be learned from, or judged by."""
        return documents

    def edits_text(self) -> bool:
        """Whether, with these settings, `prepare_text` does anything."""
        return overrides(self, "prepare_text")

    def starts_from(self) -> str:
        """The folder whose weights the run starts from, and whose tokenizer its text is read with; empty for none."""
        return ""

    def edit_model(self, state: TrainingState) -> None:
        """Changes `state.model` in place. The optimizer is made after this, of what requires a gradient."""

    def edit_optimizer(self, state: TrainingState) -> None:
        """Changes `state.optimizer` in place, or puts another in its place."""

    def lr_factor(self, step: int, steps: int) -> float:
        """What the learning rate of `step` (from 0) of `steps` is multiplied by."""
        return 1.0

    def edit_batch(
        self, inputs: torch.Tensor, targets: torch.Tensor, state: TrainingState
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """What the model trains on in place of one micro-batch: both (batch, time) of token numbers."""
        return inputs, targets

    def forward_context(self, state: TrainingState) -> AbstractContextManager[object]:
        return nullcontext()

    def edit_loss(
        self, loss: torch.Tensor, logits: torch.Tensor, targets: torch.Tensor, state: TrainingState
    ) -> torch.Tensor:
        """What is differentiated in place of `loss`, the mean cross-entropy of `logits` (batch, time, vocabulary).

        The recorded training loss stays the cross-entropy, so that runs can be compared.
        """
        return loss

    def after_backward(self, state: TrainingState) -> None:
        """Sees or changes complete gradients, before they are checked and used.

        Who shortens them sets `state.gradient_norm` to what their norm was, which is then what is recorded.
        """

    def after_step(self, state: TrainingState) -> None:
        """Sees or changes the weights that a step has just written."""

    def evaluation_context(self, state: TrainingState) -> AbstractContextManager[object]:
        """Around every look at the model: validation, text samples, compression, judging, writing it to a file."""
        return nullcontext()

    def after_validation(self, val_loss: float, state: TrainingState) -> None:
        """Sees each validation loss (nats per token) and, in `state.model`, the weights it was measured on."""

    def compress(self, model: torch.nn.Module, state: TrainingState) -> torch.nn.Module:
        """Returns the compressed model; `model` is a copy and may be changed."""
        return model

    def compresses(self) -> bool:
        """Whether, with these settings, there is a compressed model beside the trained one."""
        return overrides(self, "compress")

    def only_compresses(self) -> bool:
        """Whether, with these settings, training and trained model are bit for bit what they are without it."""
        return {phase for phase in PHASES if overrides(self, phase)} <= {"compress"}

    def before_export(self, model: torch.nn.Module) -> None:
        """Takes away what only training needed, before the finished model is measured, compressed and written."""

    def series(self) -> tuple[SeriesDeclared, ...]:
        """What `readings` gives, declared."""
        return ()

    def readings(self) -> Mapping[str, float]:
        """Figures of its own for the charts, read at each look at the model."""
        return {}

    def state_dict(self) -> dict[str, Any]:
        """Tensors and plain values to carry over a checkpoint. Empty for a technique without state of its own."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Takes back what `state_dict` gave."""


def overrides(technique: Technique, phase: str) -> bool:
    """Whether `technique` does something in `phase`."""
    return getattr(type(technique), phase) is not getattr(Technique, phase)
