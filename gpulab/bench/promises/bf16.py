"""16-bit numbers against 32-bit ones: tokens per second of the same training."""

from __future__ import annotations

import torch

from gpulab.analysis.intervals import paired_ratio
from gpulab.bench.arms import Arm, variant
from gpulab.bench.rows import Row, Target, measured, not_shown
from gpulab.bench.turns import in_turn
from gpulab.hardware.machine import this_machine

_TARGETS = {"mini": Target("at least", 1.3), "small": Target("at least", 2.0)}
_STEPS = {"mini": 10, "small": 1}
"""Steps that one arm makes before the other has its turn."""


def run(quick: bool, device: torch.device) -> list[Row]:
    """One row for each preset; the target is set for processors with AMX alone."""
    return [_row(preset, quick, device) for preset in (("mini",) if quick else ("mini", "small"))]


def _row(preset: str, quick: bool, device: torch.device) -> Row:
    name, unit, steps = f"bf16 against fp32, {preset}", "x tokens/s", _STEPS[preset]
    pairs = 6 if quick else 24
    how = f"{pairs} pairs of {steps} step(s) in turn, {torch.get_num_threads()} thread(s); attention in fp32 on a CPU"
    if device.type == "cpu" and "amx_bf16" not in this_machine().flags:
        return not_shown(name, unit, how, _TARGETS[preset], "this processor has no AMX")
    plain, short = Arm(variant(preset, device), device), Arm(variant(preset, device, {"precision": {}}), device)
    for arm in (plain, short):
        arm.train(3)
    seconds = in_turn(lambda: plain.seconds_for(steps), lambda: short.seconds_for(steps), pairs)
    target = _TARGETS[preset] if device.type == "cpu" else None
    return measured(name, paired_ratio(*seconds), unit, how, target)
