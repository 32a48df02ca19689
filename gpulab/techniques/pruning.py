"""Pruning (A2): sets the smallest weights to zero, at once after training or gradually during it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.problem import Problem
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique

if TYPE_CHECKING:
    import torch

    from gpulab.engine.state import TrainingState


class PruningSettings(Settings, frozen=True):
    amount: Annotated[
        float,
        about("Share set to zero", "Share of the weights that become zero, the smallest first.", low=0.0, high=0.99),
    ] = 0.5
    when: Annotated[
        Literal["after_training", "gradual"],
        about(
            "When",
            "All at once when the training is over, or little by little so that the model can adapt.",
            labels={"after_training": "Once, after training", "gradual": "Gradually, while training"},
        ),
    ] = "after_training"
    begin: Annotated[
        float,
        about(
            "Begin",
            "Where in the training gradual pruning begins, as a share of the steps.",
            low=0.0,
            high=1.0,
            advanced=True,
        ),
    ] = 0.2
    end: Annotated[
        float,
        about("End", "Where in the training gradual pruning reaches its amount.", low=0.0, high=1.0, advanced=True),
    ] = 0.8


class Pruning(Technique):
    name = "pruning"
    card = "A2"
    label = "Pruning"
    summary = "Sets the weights that matter least to zero."
    promise = "A smaller, simpler model that knows almost as much."
    risk = "Too much destroys what the model knew, and zeros alone make it no faster: hardware multiplies them too."
    sources = (
        "Zhu, Gupta: To prune, or not to prune (2017), arXiv:1710.01878 (the cubic schedule)",
        "Han et al.: Learning both Weights and Connections (2015), arXiv:1506.02626",
    )
    Settings = PruningSettings
    _EVENTS = 50

    def __init__(self, settings: PruningSettings) -> None:
        super().__init__(settings)
        self._masks: dict[str, torch.Tensor] = {}

    @classmethod
    def rules(cls, settings: PruningSettings, experiment: Experiment) -> Iterator[Problem]:
        if settings.when == "gradual" and settings.end <= settings.begin:
            yield Problem("pruning_window", "techniques.pruning.end", {"begin": settings.begin, "end": settings.end})

    def amount_at(self, step: int, steps: int) -> float:
        """Zhu and Gupta's cubic schedule: the share pruned after `step` of `steps`."""
        share = (step / steps - self.settings.begin) / (self.settings.end - self.settings.begin)
        return float(self.settings.amount * (1.0 - (1.0 - min(1.0, max(0.0, share))) ** 3))

    def after_step(self, state: TrainingState) -> None:
        if self.settings.when != "gradual":
            return
        done = state.step + 1
        if done % max(1, state.steps // self._EVENTS) == 0 or done == state.steps:
            amount = self.amount_at(done, state.steps)
            if amount > 0.0:
                self._masks = prune_smallest(state.model, amount)
        self._apply(state.model)

    def compress(self, model: torch.nn.Module, state: TrainingState) -> torch.nn.Module:
        if self.settings.when == "after_training" and self.settings.amount > 0.0:
            prune_smallest(model, self.settings.amount)
        return model

    def compresses(self) -> bool:
        return bool(self.settings.when == "after_training")

    def state_dict(self) -> dict[str, Any]:
        return dict(self._masks)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._masks = dict(state)

    def _apply(self, model: torch.nn.Module) -> None:
        """Holds pruned weights at zero; the optimizer's momentum would move them again."""
        import torch

        with torch.no_grad():
            for name, mask in self._masks.items():
                model.get_parameter(name).mul_(mask)


def prune_smallest(model: torch.nn.Module, amount: float) -> dict[str, torch.Tensor]:
    """Zeroes the share `amount` of all linear weights with the smallest magnitude, counted over the whole model.

    Embeddings and the tied head are left alone. Returns the masks (1 kept, 0 pruned) by parameter name. The masks
    are folded into the weights at once, because a forward through masked weights is slower.
    """
    import torch
    from torch.nn.utils import prune

    linear = [(name, module) for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)]
    pairs = [(module, "weight") for _, module in linear]
    prune.global_unstructured(pairs, pruning_method=prune.L1Unstructured, amount=amount)
    masks = {}
    for name, module in linear:
        mask = module.get_buffer("weight_mask")
        prune.remove(module, "weight")  # type: ignore[no-untyped-call]
        masks[f"{name}.weight"] = mask.detach().clone()
    return masks
