"""Early stopping (A12, B4): the training ends when looks at held-out text have not got better for a while.

The best weights are kept as they were looked at, an average of theirs included. They take the model's place only
when it is judged: the checkpoint holds the last weights, so that a resumed run is the same run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from gpulab.events.documents import Notice
from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.plan import Plan
from gpulab.spec.problem import Problem
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique
from gpulab.techniques.standing_in import standing_in

if TYPE_CHECKING:
    import torch

    from gpulab.engine.state import TrainingState


class EarlyStoppingSettings(Settings, frozen=True):
    patience: Annotated[
        int,
        about(
            "Patience",
            "How many looks in a row may bring nothing better before the training ends. 'Check every' says how many "
            "steps lie between two looks.",
            unit="looks",
            low=1,
            high=10**6,
        ),
    ] = 5
    tolerance: Annotated[
        float,
        about(
            "Tolerance",
            "How far the validation loss must fall to count as better.",
            unit="nats per token",
            low=0.0,
            high=10.0,
        ),
    ] = 0.0
    restore_best: Annotated[
        bool,
        about("Judge the best", "Judges and keeps the weights of the best look in place of the last ones."),
    ] = True


class EarlyStopping(Technique):
    name = "early_stopping"
    card = "A12"
    label = "Early stopping"
    summary = "Ends the training when the validation loss has stopped falling, and keeps the best weights seen."
    promise = "Saves time, and ends before the model learns its text by heart."
    risk = "Stops too soon where the loss only rests; and the best of many looks is partly luck: trust the test text."
    sources = ("Prechelt: Early Stopping, But When? (1998), in Neural Networks: Tricks of the Trade",)
    Settings = EarlyStoppingSettings

    def __init__(self, settings: EarlyStoppingSettings) -> None:
        super().__init__(settings)
        self._to_beat: float | None = None
        self._waited = 0
        self._best_loss: float | None = None
        self._best_step = 0
        self._best: dict[str, torch.Tensor] = {}
        self._looked_at = -1

    @classmethod
    def rules(cls, settings: EarlyStoppingSettings, experiment: Experiment) -> Iterator[Problem]:
        for name, other in experiment.techniques.items():
            prunes_on_the_way = name.endswith("pruning") and getattr(other, "when", "") in ("gradual", "retrain")
            if prunes_on_the_way or (name == "quantization" and getattr(other, "aware", False)):
                yield Problem("loss_rises_on_purpose", "techniques.early_stopping", {"other": name.replace("_", " ")})

    def edit_plan(self, plan: Plan) -> Plan:
        return msgspec.structs.replace(plan, weight_copies=plan.weight_copies + int(self.settings.restore_best))

    def after_validation(self, val_loss: float, state: TrainingState) -> None:
        self._looked_at = state.step
        if self._best_loss is None or val_loss < self._best_loss:
            self._best_loss, self._best_step = val_loss, state.step
            if self.settings.restore_best:
                self._best = {name: tensor.detach().clone() for name, tensor in _all_of(state.model)}
        if self._to_beat is None or val_loss < self._to_beat - self.settings.tolerance:
            self._to_beat, self._waited = val_loss, 0
        else:
            self._waited += 1
        if self._waited >= self.settings.patience and not state.finished:
            state.ended_early = True
            arguments = {"step": state.step, "looks": self._waited, "best_step": self._best_step}
            state.emit(Notice(key="ended_early", step=state.step, arguments=arguments))
        if state.finished and self.settings.restore_best and self._best_step != state.step:
            best = {"best_step": self._best_step}
            state.emit(Notice(key="best_weights_judged", step=state.step, arguments=best))

    def evaluation_context(self, state: TrainingState) -> AbstractContextManager[object]:
        """After the last look, the best weights in the model's place."""
        over = state.finished and self._looked_at == state.step
        return standing_in(dict(_all_of(state.model)) if over and self._best else {}, self._best.__getitem__)

    def state_dict(self) -> dict[str, Any]:
        return {
            "to_beat": self._to_beat,
            "waited": self._waited,
            "best_loss": self._best_loss,
            "best_step": self._best_step,
            "best": self._best,
            "looked_at": self._looked_at,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._to_beat, self._waited = state["to_beat"], state["waited"]
        self._best_loss, self._best_step = state["best_loss"], state["best_step"]
        self._best, self._looked_at = state["best"], state["looked_at"]


def _all_of(model: torch.nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    """Every parameter and buffer by its name; those that several layers share, once."""
    yield from model.named_parameters()
    yield from model.named_buffers()
