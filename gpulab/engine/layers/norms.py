"""The normalization layers a plan can name, all over (batch, time, channels)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn import functional as F

from gpulab.spec.plan import Plan


class BatchNorm(nn.BatchNorm1d):
    """Batch normalization of each channel over all positions of the batch.

    In training mode the statistics mix positions, so that a token sees later ones: the price of this layer in a
    causal model. In evaluation mode running averages stand in for them, and nothing leaks.
    """

    held = False
    """While set, training mode leaves the running averages as they are; the output is the same."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, time, channels) to the same shape."""
        flat = x.flatten(0, 1)
        if not (self.held and self.training):
            return super().forward(flat).view_as(x)
        assert self.running_mean is not None
        assert self.running_var is not None
        moved = self.running_mean.clone(), self.running_var.clone()  # in place of the averages themselves
        return F.batch_norm(flat, *moved, self.weight, self.bias, training=True, eps=self.eps).view_as(x)


@contextmanager
def running_averages_held(module: nn.Module) -> Iterator[None]:
    """Lets no `BatchNorm` inside `module` move its running averages: what is computed twice counts once."""
    norms = [part for part in module.modules() if isinstance(part, BatchNorm)]
    for norm in norms:
        norm.held = True
    try:
        yield
    finally:
        for norm in norms:
            norm.held = False


def make_norm(plan: Plan) -> nn.Module:
    """A new normalization layer of the kind the plan names."""
    kinds: dict[str, Callable[[], nn.Module]] = {
        "layernorm": lambda: nn.LayerNorm(plan.n_embd, bias=plan.bias),
        "rmsnorm": lambda: nn.RMSNorm(plan.n_embd, eps=1e-5),
        "batchnorm": lambda: BatchNorm(plan.n_embd),
        "none": nn.Identity,
    }
    return kinds[plan.normalization]()
