"""Gradient checkpointing of one block: forget what it worked out inside, and work it out again for the gradient."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from gpulab.engine.layers.norms import BatchNorm, running_averages_held


def recomputed(block: nn.Module, x: torch.Tensor, drop: float) -> torch.Tensor:
    """What `block(x, None, drop)` returns; of its inside only `x` (batch, time, channels) is kept for the gradient.

    The second time chance draws the same numbers, and running averages stay as the first time left them, so that
    losses and gradients are bit for bit those without (Chen et al., 2016, arXiv:1604.06174).
    """
    twice = partial(checkpoint, block, x, None, drop, use_reentrant=False, preserve_rng_state=True)
    # A compiler moves running averages once by itself, and takes no contexts.
    compiling = torch.compiler.is_compiling()
    if not compiling and any(isinstance(part, BatchNorm) for part in block.modules()):
        twice = partial(twice, context_fn=lambda: _contexts(block))
    out: torch.Tensor = twice()
    return out


def _contexts(block: nn.Module) -> tuple[AbstractContextManager[Any], AbstractContextManager[Any]]:
    """What surrounds the first time and the second."""
    return nullcontext(), running_averages_held(block)
