"""Gradient checkpointing: the most memory that the activations of one batch take at once."""

from __future__ import annotations

from typing import Any

import torch

from gpulab.bench.arms import Arm, variant
from gpulab.bench.rows import Row, Target, exact
from gpulab.engine.model import next_token_loss
from gpulab.engine.size import peak_bytes

_TARGET = Target("at most", 0.45)
_BATCH = 32


def run(quick: bool, device: torch.device) -> list[Row]:
    """The ratio of what torch's allocator held at the peak of a forward and backward pass."""
    preset = "mini" if quick else "small"
    without, with_it = _peak_bytes(preset, device, {}), _peak_bytes(preset, device, {"gradient_checkpointing": {}})
    how = f"preset {preset}, forward and backward of a batch of {_BATCH}; the most that tensors held at once beyond "
    how += f"weights and gradients: {with_it / 2**20:.0f} against {without / 2**20:.0f} MiB"
    return [exact("gradient checkpointing, peak activations", with_it / without, "x bytes", how, _TARGET)]


def _peak_bytes(preset: str, device: torch.device, techniques: dict[str, dict[str, Any]]) -> int:
    arm = Arm(variant(preset, device, techniques, batch_size=_BATCH), device)
    inputs, targets = arm.batches.draw(0, 0)
    arm.state.model.train()

    def forward_and_backward() -> None:
        next_token_loss(arm.state.network(inputs), targets).backward()  # type: ignore[no-untyped-call]

    forward_and_backward()  # from now on the gradients have their memory
    return peak_bytes(forward_and_backward, device)
