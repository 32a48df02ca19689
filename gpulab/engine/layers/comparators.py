"""Blocks that look back without attention: an LSTM and a causal convolution, in the place of a GPT's block.

Each is one branch that is added to what goes through, normalized as the plan says: residual LSTM layers as in Wu et
al. (2016, arXiv:1609.08144), gated causal convolutions as in Dauphin et al. (2016, arXiv:1612.08083). How wide they are
follows from the parameters that the GPT would have (`gpulab.spec.comparators`).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn
from torch.nn import functional as F

from gpulab.engine.layers.block import Residual
from gpulab.engine.layers.cache import LayerCache
from gpulab.engine.layers.norms import make_norm
from gpulab.spec.comparators import KERNEL, comparator_widths, dilation
from gpulab.spec.plan import Plan


class ComparatorBlock(Residual, ABC):
    """One branch: mix what came before, then come back to the model's width. Subclasses say how they mix."""

    def __init__(self, plan: Plan, block: int) -> None:
        super().__init__(plan)
        self.hidden = comparator_widths(plan)[block]
        self.mixing_norm = make_norm(plan)
        self.projection = nn.Linear(self.hidden, plan.n_embd, bias=plan.bias)

    def forward(self, x: torch.Tensor, cache: LayerCache | None = None, drop: float = 0.0) -> torch.Tensor:
        """(batch, time, channels) to the same shape. In training, `drop` is how likely the branch is left out."""
        if cache is not None:
            raise ValueError("only attention has keys and values to keep")
        if self.norm_first:
            return x + self._kept(self.projection(self.mix(self.mixing_norm(x))), drop)
        out: torch.Tensor = self.mixing_norm(x + self._kept(self.projection(self.mix(x)), drop))
        return out

    @abstractmethod
    def mix(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, time, channels) to (batch, time, hidden), each position from itself and earlier ones."""


class LSTMBlock(ComparatorBlock):
    """Reads one position after the other and carries a memory along; it is empty where the text begins."""

    def __init__(self, plan: Plan, block: int) -> None:
        super().__init__(plan, block)
        self.lstm = nn.LSTM(plan.n_embd, self.hidden, batch_first=True)

    def mix(self, x: torch.Tensor) -> torch.Tensor:
        x = x.to(self.projection.weight.dtype)  # autocast may have shortened it, which the LSTM does for itself
        out: torch.Tensor
        with _in_fp32_where_there_is_no_kernel(x):
            out, _ = self.lstm(x)
        return out


def _in_fp32_where_there_is_no_kernel(x: torch.Tensor) -> AbstractContextManager[object]:
    """Leaves autocast to fp16 on a processor, which no LSTM is made for there."""
    is_short = x.is_cpu and torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu") == torch.float16
    return torch.autocast("cpu", enabled=False) if is_short else nullcontext()


class ConvolutionBlock(ComparatorBlock):
    """Takes `KERNEL` positions together, spaced by the block's dilation; one half of what comes out gates the other.

    Written as one matrix product over these positions side by side: the same numbers as a convolution, and a linear
    layer to whatever prunes and rounds.
    """

    def __init__(self, plan: Plan, block: int) -> None:
        super().__init__(plan, block)
        self.dilation = dilation(plan, block)
        self.taps = nn.Linear(KERNEL * plan.n_embd, 2 * self.hidden, bias=plan.bias)

    def mix(self, x: torch.Tensor) -> torch.Tensor:
        time, before = x.shape[1], self.dilation * (KERNEL - 1)
        padded = F.pad(x, (0, 0, before, 0))  # nothing came before the beginning
        taken = [padded[:, start : start + time] for start in range(0, before + 1, self.dilation)]
        return F.glu(self.taps(torch.cat(taken, dim=-1)), dim=-1)


def start_of_lstm(name: str, shape: torch.Size, chance: torch.Generator) -> torch.Tensor:
    """What the LSTM's parameter called `name` begins with.

    Matrices are uniform within one over the square root of the hidden width, which is torch's own. Biases are zero,
    but for the forget gate's, which is 1: it begins by remembering (Jozefowicz et al., 2015).
    """
    hidden = shape[0] // 4
    if "weight" in name:
        limit = 1.0 / math.sqrt(hidden)
        return torch.empty(shape).uniform_(-limit, limit, generator=chance)
    start = torch.zeros(shape)
    if "bias_ih" in name:
        start[hidden : 2 * hidden] = 1.0
    return start
