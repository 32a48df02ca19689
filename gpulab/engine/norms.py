"""The normalization layers a plan can name, all over (batch, time, channels)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from gpulab.spec.plan import Plan


class BatchNorm(nn.BatchNorm1d):
    """Batch normalization of each channel over all positions of the batch.

    In training mode the statistics mix positions, so that a token sees later ones: the price of this layer in a
    causal model. In evaluation mode running averages stand in for them, and nothing leaks.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, time, channels) to the same shape."""
        return super().forward(x.flatten(0, 1)).view_as(x)


def make_norm(plan: Plan) -> nn.Module:
    """A new normalization layer of the kind the plan names."""
    kinds: dict[str, Callable[[], nn.Module]] = {
        "layernorm": lambda: nn.LayerNorm(plan.n_embd, bias=plan.bias),
        "rmsnorm": lambda: nn.RMSNorm(plan.n_embd, eps=1e-5),
        "batchnorm": lambda: BatchNorm(plan.n_embd),
        "none": nn.Identity,
    }
    return kinds[plan.normalization]()
