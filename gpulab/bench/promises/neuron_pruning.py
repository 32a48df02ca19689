"""Half of the hidden neurons removed: a smaller dense model, which must be faster by itself."""

from __future__ import annotations

import time

import torch

from gpulab.analysis.intervals import paired_ratio
from gpulab.bench.arms import Arm, variant
from gpulab.bench.rows import Row, Target, exact, measured
from gpulab.bench.turns import in_turn
from gpulab.engine.device import wait_for
from gpulab.engine.result import compressed_copy

_FASTER, _SMALLER = Target("at least", 1.3), Target("at most", 0.70)
_FORWARDS = 10


def run(quick: bool, device: torch.device) -> list[Row]:
    """Forward speed and parameters of the pruned model against the one it was cut from."""
    arm = Arm(variant("mini", device, {"neuron_pruning": {"amount": 0.5}}, steps=20), device)
    arm.train(20)
    pruned = compressed_copy(arm.state, arm.pipeline)
    assert pruned is not None
    tokens, _ = arm.batches.draw(0, 0)
    pairs = 10 if quick else 60
    seconds = in_turn(lambda: _seconds(arm.state.model, tokens), lambda: _seconds(pruned, tokens), pairs + 1)
    how = f"preset mini, a batch of {tokens.shape[0]} x {tokens.shape[1]} tokens, {torch.get_num_threads()} thread(s)"
    return [
        measured(
            "half of the hidden neurons pruned, forward",
            paired_ratio(seconds[0][1:], seconds[1][1:]),
            "x tokens/s",
            f"{how}; {pairs} pairs of {_FORWARDS} forward passes in turn",
            _FASTER,
        ),
        exact(
            "half of the hidden neurons pruned, parameters",
            _parameters(pruned) / _parameters(arm.state.model),
            "x parameters",
            "counted in the model that is left",
            _SMALLER,
        ),
    ]


@torch.no_grad()
def _seconds(model: torch.nn.Module, tokens: torch.Tensor) -> float:
    model.eval()
    began = time.perf_counter()
    for _ in range(_FORWARDS):
        model(tokens)
    wait_for(tokens.device)
    return time.perf_counter() - began


def _parameters(model: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())
