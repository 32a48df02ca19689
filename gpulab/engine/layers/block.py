"""One layer of the GPT: look at earlier positions, then think about what was seen."""

from __future__ import annotations

import torch
from torch import nn

from gpulab.engine.layers.attention import Attention
from gpulab.engine.layers.cache import LayerCache
from gpulab.engine.layers.mlp import MLP
from gpulab.engine.layers.norms import make_norm
from gpulab.spec.plan import Plan


class Residual(nn.Module):
    """Base of what adds branches to what goes through."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.dropout = nn.Dropout(plan.dropout)
        self.norm_first = plan.norm_placement == "pre"

    def _kept(self, branch: torch.Tensor, drop: float) -> torch.Tensor:
        """The branch after dropout; each sequence leaves it out by chance, or takes it scaled to the same mean."""
        branch = self.dropout(branch)
        if not self.training or drop == 0.0:
            return branch
        keep = branch.new_empty(len(branch), 1, 1).bernoulli_(1.0 - drop)
        return branch * keep / (1.0 - drop)


class Block(Residual):
    """Two branches, each added to what goes through; they read it normalized, or the sum is normalized."""

    def __init__(self, plan: Plan, block: int = 0) -> None:
        super().__init__(plan)
        self.attention_norm = make_norm(plan)
        self.attention = Attention(plan, block)
        self.mlp_norm = make_norm(plan)
        self.mlp = MLP(plan, block)

    def forward(self, x: torch.Tensor, cache: LayerCache | None = None, drop: float = 0.0) -> torch.Tensor:
        """(batch, time, channels) to the same shape. In training, `drop` is how likely a branch is left out."""
        if self.norm_first:
            x = x + self._kept(self.attention(self.attention_norm(x), cache), drop)
            return x + self._kept(self.mlp(self.mlp_norm(x)), drop)
        x = self.attention_norm(x + self._kept(self.attention(x, cache), drop))
        out: torch.Tensor = self.mlp_norm(x + self._kept(self.mlp(x), drop))
        return out
