"""Gradient checkpointing of one block: forget what it worked out inside, and work it out again for the gradient."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint, noop_context_fn

from gpulab.engine.layers.norms import BatchNorm, running_averages_held


def recomputed(block: nn.Module, x: torch.Tensor, drop: float) -> torch.Tensor:
    """What `block(x, None, drop)` returns; of its inside only `x` (batch, time, channels) is kept for the gradient.

    The second time chance draws the same numbers, and running averages stay as the first time left them, so that
    losses and gradients are bit for bit those without (Chen et al., 2016, arXiv:1604.06174).
    """

    def contexts() -> tuple[AbstractContextManager[Any], AbstractContextManager[Any]]:
        return nullcontext(), running_averages_held(block)

    averages = any(isinstance(part, BatchNorm) for part in block.modules())
    context_fn = contexts if averages else noop_context_fn  # which can be compiled
    out: torch.Tensor = checkpoint(
        block, x, None, drop, use_reentrant=False, preserve_rng_state=True, context_fn=context_fn
    )
    return out
