"""The optimizers an experiment can name. All of them honour `found_inf`: a step with that flag set leaves no trace."""

from __future__ import annotations

from typing import Any, Literal

import torch

from gpulab.engine.optimizers.fused import FusedAdam, FusedAdamW
from gpulab.engine.optimizers.lion import Lion
from gpulab.engine.optimizers.muon import MuonAndAdamW, hidden_matrices
from gpulab.engine.optimizers.skipping import SkipsBadSteps
from gpulab.spec.experiment import Training

Kernel = Literal["fused", "foreach", "for_loop"]

BETAS = (0.9, 0.95)
"""AdamW's, as for GPT-3 (Brown et al., 2020)."""

ADAFACTOR_LR_SCALE = 30.0
"""Adafactor's steps are shares of a weight's size, which is 0.02 at the start. Mini after 200 steps at 1e-3: validation
loss 2.54 at 10, 2.47 at 30 and at 100."""

LION_LR_SCALE = 0.5
"""Signs are longer than AdamW's steps (Chen et al. advise a third to a tenth). Mini: 2.63 at 0.3, 2.56 at 0.6, 2.71
at 1."""


class _Adafactor(SkipsBadSteps, torch.optim.Adafactor):
    waits_anyway = True


class _Lion(SkipsBadSteps, Lion):
    pass


class _AdamW(SkipsBadSteps, torch.optim.AdamW):
    pass


class _Adam(SkipsBadSteps, torch.optim.Adam):
    pass


class _SGD(SkipsBadSteps, torch.optim.SGD):
    pass


def make_optimizer(model: torch.nn.Module, training: Training, kernel: Kernel = "fused") -> torch.optim.Optimizer:
    """The optimizer that `training` names, for the trainable parameters of `model`, without weight decay.

    `kernel` is how AdamW, Adam and SGD are worked out; the others have one way each. Where the learning rate that
    suits AdamW does not suit an optimizer, `lr_scale` of its groups makes it fit.
    """
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    rate = training.learning_rate
    match training.optimizer:
        case "adamw" | "adam" | "sgd":
            return _with_kernel(training.optimizer, parameters, rate, kernel)
        case "adafactor":
            return _scaled(_Adafactor(parameters, rate), ADAFACTOR_LR_SCALE)
        case "lion":
            return _scaled(_Lion(parameters, rate), LION_LR_SCALE)
        case "muon":
            hidden = hidden_matrices(model)
            matrices = [parameter for parameter in parameters if parameter in hidden]
            return MuonAndAdamW(matrices, [other for other in parameters if other not in hidden], rate, BETAS)
        case "adamw_8bit" | "adamw_4bit":
            from gpulab.engine.optimizers.low_bit import low_bit_adamw  # torchao is slow to import

            return low_bit_adamw(parameters, rate, BETAS, bits=8 if training.optimizer == "adamw_8bit" else 4)


def _with_kernel(
    name: Literal["adamw", "adam", "sgd"], parameters: list[torch.nn.Parameter], rate: float, kernel: Kernel
) -> torch.optim.Optimizer:
    if kernel == "fused":
        match name:
            case "adamw":
                return FusedAdamW(parameters, rate, BETAS)
            case "adam":
                return FusedAdam(parameters, rate, BETAS)
            case "sgd":
                return _with_momentum(torch.optim.SGD(parameters, rate, momentum=0.9, fused=True))
    how: dict[str, Any] = {"foreach": kernel == "foreach", "fused": False}
    on_device = {"capturable": bool(parameters) and parameters[0].is_cuda}  # the count of steps too
    match name:
        case "adamw":
            return _AdamW(parameters, rate, betas=BETAS, weight_decay=0.0, **how, **on_device)
        case "adam":
            return _Adam(parameters, rate, betas=BETAS, **how, **on_device)
        case "sgd":
            return _SGD(parameters, rate, momentum=0.9, **how)


def _with_momentum(optimizer: torch.optim.SGD) -> torch.optim.SGD:
    """Starts momentum at zero: the fused kernel leaves it uninitialized where the very first step is skipped."""
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            optimizer.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)
    return optimizer


def _scaled(optimizer: torch.optim.Optimizer, lr_scale: float) -> torch.optim.Optimizer:
    for group in optimizer.param_groups:
        group["lr_scale"] = lr_scale
    return optimizer
