"""The optimizers an experiment can name, fused into one kernel each."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from gpulab.spec.experiment import Training


def make_optimizer(parameters: Iterable[torch.nn.Parameter], training: Training) -> torch.optim.Optimizer:
    """A fused optimizer with reference settings: betas 0.9 and 0.95 as for GPT-3, no weight decay.

    Fused optimizers honour `found_inf`: where that flag on the device is set, a step changes nothing.
    """
    rate = training.learning_rate
    match training.optimizer:
        case "adamw":
            return torch.optim.AdamW(parameters, rate, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
        case "adam":
            return torch.optim.Adam(parameters, rate, betas=(0.9, 0.95), fused=True)
        case "sgd":
            return _with_momentum(torch.optim.SGD(parameters, rate, momentum=0.9, fused=True))


def _with_momentum(optimizer: torch.optim.SGD) -> torch.optim.SGD:
    """Starts momentum at zero: the fused kernel leaves it uninitialized where the very first step is skipped."""
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            optimizer.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)
    return optimizer
