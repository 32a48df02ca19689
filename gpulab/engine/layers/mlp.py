"""The hidden layer of a block, and the activations that can stand in it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

from gpulab.spec.plan import Plan


class ReLUSquared(nn.Module):
    """ReLU, squared (So et al., 2021, arXiv:2109.08668)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(x).square()


_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "gelu": nn.GELU,
    "gelu_tanh": lambda: nn.GELU(approximate="tanh"),
    "relu": nn.ReLU,
    "relu_squared": ReLUSquared,
    "silu": nn.SiLU,
    "swiglu": nn.SiLU,
    "geglu": nn.GELU,
}


class MLP(nn.Module):
    """Wider inside than outside; a gated one multiplies two hidden layers (Shazeer, 2020, arXiv:2002.05202)."""

    def __init__(self, plan: Plan, block: int = 0) -> None:
        super().__init__()
        self.hidden = plan.hidden(block)
        self.expand = nn.Linear(plan.n_embd, self.hidden, bias=plan.bias)
        self.gate = nn.Linear(plan.n_embd, self.hidden, bias=plan.bias) if plan.gated else None
        self.activation = _ACTIVATIONS[plan.activation]()
        self.projection = nn.Linear(self.hidden, plan.n_embd, bias=plan.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, time, channels) to the same shape."""
        hidden = self.expand(x)
        hidden = self.activation(hidden) if self.gate is None else self.activation(self.gate(x)) * hidden
        out: torch.Tensor = self.projection(hidden)
        return out
