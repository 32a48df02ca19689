"""What pruning's members share: when something is removed, and that it stays removed while training goes on.

During training nothing changes its shape. What is removed is held at zero by masks, which is exactly equivalent: a
neuron, a head or a layer whose weights are zero adds nothing, and whatever a step or the optimizer's momentum makes of
them is wiped after it. So the optimizer keeps its tensors and a checkpoint needs the masks alone. Only when training is
over are zeroed parts cut out of the model.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import Problem
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique

if TYPE_CHECKING:
    import torch

    from gpulab.engine.state import TrainingState

When = Annotated[
    Literal["after_training", "retrain", "gradual"],
    about(
        "When",
        "All at once when the training is over; at once some steps before its end, so that the model can recover in "
        "the rest; or little by little.",
        labels={
            "after_training": "Once, after training",
            "retrain": "Once, then train on",
            "gradual": "Gradually, while training",
        },
    ),
]
RetrainingSteps = Annotated[
    int,
    about(
        "Retraining",
        "How many steps before the end it happens, for 'once, then train on'. They are part of the training, which "
        "gets no longer by it.",
        unit="steps",
        low=1,
        high=10**8,
        when=("when", ("retrain",)),
    ),
]
_GRADUAL = ("when", ("gradual",))
Begin = Annotated[
    float,
    about("Begin", "Where gradual pruning begins, as a share of the steps.", low=0.0, high=1.0, when=_GRADUAL),
]
End = Annotated[
    float,
    about("End", "Where gradual pruning reaches its amount.", low=0.0, high=1.0, when=_GRADUAL),
]


class Removal(Technique, ABC):
    """Base of what removes weights; a member says what is chosen, and may cut it out after training."""

    _EVENTS: ClassVar[int] = 50
    """How often gradual pruning chooses anew, over the whole training."""

    def __init__(self, settings: Any) -> None:
        super().__init__(settings)
        self.masks: dict[str, torch.Tensor] = {}

    @abstractmethod
    def choose(self, model: Any, share: float, state: TrainingState) -> dict[str, torch.Tensor]:
        """Masks (1 kept, 0 removed) by parameter name for `share` (0 to 1) of what is to be removed in the end.

        A mask has the parameter's shape, or one that broadcasts to it. The model is left as it is.
        """

    @classmethod
    def rules(cls, settings: Any, experiment: Experiment) -> Iterator[Problem]:
        steps, field = experiment.training.steps, f"techniques.{cls.name}"
        if settings.when == "gradual" and settings.end <= settings.begin:
            yield Problem("pruning_window", f"{field}.end", {"begin": settings.begin, "end": settings.end})
        if settings.when == "gradual" and steps == 0:
            yield Problem("pruning_needs_steps", f"{field}.when")
        if settings.when == "retrain" and settings.retraining_steps >= steps:
            arguments = {"retraining": settings.retraining_steps, "steps": steps}
            yield Problem("retraining_too_long", f"{field}.retraining_steps", arguments)

    def share_at(self, step: int, steps: int) -> float:
        """How much of what is to be removed (0 to 1) is gone after `step` of `steps`; cubic where gradual."""
        if self.settings.when == "after_training":
            return 0.0
        if self.settings.when == "retrain":
            return float(step >= steps - self.settings.retraining_steps)
        begin, end = self.settings.begin, self.settings.end
        passed = min(1.0, max(0.0, (step / max(1, steps) - begin) / (end - begin)))
        return float(1.0 - (1.0 - passed) ** 3)

    def after_step(self, state: TrainingState) -> None:
        done, steps = state.step + 1, state.steps
        if self._due(done, steps) and (share := self.share_at(done, steps)) > 0.0:
            self.masks = self.choose(state.model, share, state)
        apply(state.model, self.masks)

    def only_compresses(self) -> bool:
        return bool(self.settings.when == "after_training")

    def before_export(self, model: torch.nn.Module) -> None:
        apply(model, self.masks)  # an average of weights over steps remembers what they were

    def state_dict(self) -> dict[str, Any]:
        return dict(self.masks)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.masks = dict(state)

    def final_masks(self, model: torch.nn.Module, state: TrainingState) -> dict[str, torch.Tensor]:
        """The masks after training: those it ended with, or new ones where it ended before they were complete."""
        return self.masks if self.share_at(state.step, state.steps) >= 1.0 else self.choose(model, 1.0, state)

    def _due(self, done: int, steps: int) -> bool:
        if self.settings.when != "gradual":
            return bool(self.settings.when == "retrain") and done == steps - self.settings.retraining_steps
        every = max(1, steps // self._EVENTS)
        last = done - 1 - (done - 1) % every
        return (done % every == 0 or done == steps) and self.share_at(last, steps) < 1.0


def apply(model: torch.nn.Module, masks: Mapping[str, torch.Tensor]) -> None:
    """Zeroes what `masks` say is removed."""
    import torch

    with torch.no_grad():
        for name, mask in masks.items():
            model.get_parameter(name).mul_(mask)


def gradients(model: torch.nn.Module, state: TrainingState) -> Any:
    """A copy of `model` whose weights carry the gradients of a batch of training text; nothing else is touched."""
    import copy

    import torch

    double = copy.deepcopy(model).requires_grad_(True).eval()
    inputs, targets = state.training_windows()
    with torch.enable_grad():
        logits = double(inputs).float()
        torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten()).backward()  # type: ignore[no-untyped-call]
    return double
