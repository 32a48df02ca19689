"""Gradient clipping (A12): no single step may tear the model away, however steep the loss is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from gpulab.spec.experiment import Settings
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique

if TYPE_CHECKING:
    from gpulab.engine.state import TrainingState


class GradientClippingSettings(Settings, frozen=True):
    limit: Annotated[
        float,
        about(
            "Limit",
            "The longest a gradient, taken over all weights at once, may be; a longer one is shortened to it.",
            low=1e-6,
            high=1e6,
        ),
    ] = 1.0


class GradientClipping(Technique):
    name = "gradient_clipping"
    card = "A12"
    label = "Gradient clipping"
    summary = "Shortens gradients that are too long; the norm on record is the one before."
    promise = "A single bad batch cannot ruin a training."
    risk = "A limit below the usual norm shortens every step: with SGD that is a lower learning rate in disguise."
    sources = (
        "Pascanu, Mikolov, Bengio: On the difficulty of training RNNs (2012), arXiv:1211.5063",
        "Brown et al.: Language Models are Few-Shot Learners (2020), arXiv:2005.14165 (limit 1.0)",
    )
    Settings = GradientClippingSettings

    def after_backward(self, state: TrainingState) -> None:
        import torch

        state.gradient_norm = torch.nn.utils.clip_grad_norm_(list(state.model.parameters()), self.settings.limit)
