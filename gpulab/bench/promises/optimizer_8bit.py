"""Optimizer state in 8 bits: the bytes that AdamW keeps for each weight."""

from __future__ import annotations

import torch

from gpulab.bench.arms import Arm, variant
from gpulab.bench.rows import Row, Target, exact
from gpulab.engine.probes.memory import state_bytes

_TARGET = Target("at most", 0.30)


def run(quick: bool, device: torch.device) -> list[Row]:
    """The ratio after a step, when every optimizer has made its state."""
    preset = "mini" if quick else "small"
    long, short = (_kept_bytes(preset, optimizer, device) for optimizer in ("adamw", "adamw_8bit"))
    how = f"preset {preset}; the optimizer's tensors after a step, AdamW in 32 bits against 8"
    return [exact("8-bit optimizer state", short / long, "x bytes", how, _TARGET)]


def _kept_bytes(preset: str, optimizer: str, device: torch.device) -> int:
    arm = Arm(variant(preset, device, optimizer=optimizer), device)
    arm.train(1)
    nothing = torch.optim.SGD(arm.state.model.parameters(), 0.1)
    return state_bytes(arm.state.model, arm.state.optimizer) - state_bytes(arm.state.model, nothing)
