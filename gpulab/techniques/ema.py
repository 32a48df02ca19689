"""Averaged weights (A12): an exponential moving average of the weights is what is looked at and judged.

The average stands beside the weights that learn and changes nothing about the training. It is kept in 32 bits, where
a small share of a new value does not drown. For the length of each look it takes the weights' place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from gpulab.spec.experiment import Settings
from gpulab.spec.plan import Plan
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique
from gpulab.techniques.standing_in import standing_in

if TYPE_CHECKING:
    import torch

    from gpulab.engine.state import TrainingState


class EmaSettings(Settings, frozen=True):
    decay: Annotated[
        float,
        about(
            "Memory",
            "Share of the average that each step keeps; the rest comes from the newest weights. Early steps keep less, "
            "so that a short training is not judged by how it began.",
            low=0.0,
            high=0.999999,
        ),
    ] = 0.999


class Ema(Technique):
    name = "ema"
    card = "A12"
    label = "Averaged weights (EMA)"
    summary = "Looks at and judges an average of the weights over many steps, while the weights themselves train on."
    promise = "The zigzag of single steps averages out, which often generalizes better than the last weights do."
    risk = "The average lags behind: under-fitting where the model still learns fast. It takes a copy of the weights."
    sources = (
        "Polyak, Juditsky: Acceleration of Stochastic Approximation by Averaging (1992)",
        "Tarvainen, Valpola: Mean teachers are better role models (2017), arXiv:1703.01780",
        "TensorFlow (1 + steps) / (10 + steps), https://www.tensorflow.org/api_docs/python/tf/train/ExponentialMovingAverage",
    )
    Settings = EmaSettings

    def __init__(self, settings: EmaSettings) -> None:
        super().__init__(settings)
        self._averages: dict[str, torch.Tensor] = {}

    def edit_plan(self, plan: Plan) -> Plan:
        return msgspec.structs.replace(plan, weight_copies=plan.weight_copies + 1)

    def decay_at(self, step: int) -> float:
        """The share that is kept when step number `step` (from 0) has been made; the first step keeps nothing."""
        return float(min(self.settings.decay, (1 + step) / (10 + step)))

    def after_step(self, state: TrainingState) -> None:
        import torch
        from torch.optim.swa_utils import get_ema_multi_avg_fn

        with torch.no_grad():
            newest = {name: tensor.detach().float() for name, tensor in _learned(state.model)}
            if not self._averages:
                self._averages = {name: tensor.clone() for name, tensor in newest.items()}
                return
            average = get_ema_multi_avg_fn(self.decay_at(state.step))  # type: ignore[no-untyped-call]
            average(list(self._averages.values()), [newest[name] for name in self._averages], 0)

    def evaluation_context(self, state: TrainingState) -> AbstractContextManager[object]:
        """The averages in the weights' place. What is held at exactly zero, as pruning does, is zero there too."""
        tensors = {name: tensor for name, tensor in _learned(state.model) if name in self._averages}

        def average(name: str) -> torch.Tensor:
            averaged, own = self._averages[name], tensors[name]
            return averaged.masked_fill(own == 0, 0.0) if own.dim() >= 2 else averaged

        return standing_in(tensors, average)

    def state_dict(self) -> dict[str, Any]:
        return dict(self._averages)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._averages = dict(state)


def _learned(model: torch.nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    """Parameters, and the running averages of batch normalization, which must fit them; shared ones once."""
    from torch.nn.modules.batchnorm import _BatchNorm

    yield from model.named_parameters()
    for path, module in model.named_modules():
        if isinstance(module, _BatchNorm):
            for name, buffer in module.named_buffers(path, recurse=False):
                if buffer.is_floating_point():
                    yield name, buffer
