"""AdamW whose two running averages take 8 or 4 bits a number, by torchao."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import torch
from torchao.optim import AdamW4bit, AdamW8bit

from gpulab.engine.optimizers.skipping import SkipsBadSteps


class _Uncompiled(torch.optim.Optimizer):
    """Fits torchao's optimizers to the loop.

    They compile each parameter's update, which takes minutes where compiling was not asked for: here they do only
    where `compiled` is set. They want the learning rate as a tensor; the loop and checkpoints have it as a number.
    """

    compiled = False

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Adds the group, its learning rate as a number."""
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        group["lr"] = float(group["lr"])

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        rates = [group["lr"] for group in self.param_groups]
        for group in self.param_groups:
            group["lr"] = torch.tensor(group["lr"], dtype=torch.float32)
        with nullcontext() if self.compiled else torch.compiler.set_stance("force_eager"):
            super().step()
        for group, rate in zip(self.param_groups, rates, strict=True):
            group["lr"] = rate


class LowBitAdamW8(SkipsBadSteps, _Uncompiled, AdamW8bit):  # type: ignore[misc]
    """Dettmers et al.: 8-bit Optimizers via Block-wise Quantization (2021), arXiv:2110.02861."""


class LowBitAdamW4(SkipsBadSteps, _Uncompiled, AdamW4bit):  # type: ignore[misc]
    """Li et al.: Memory Efficient Optimizers with 4-bit States (2023), arXiv:2309.01507."""


def low_bit_adamw(
    parameters: list[torch.nn.Parameter], lr: float, betas: tuple[float, float], bits: int
) -> torch.optim.Optimizer:
    """AdamW with states of `bits` (8 or 4); tensors below 4,096 numbers keep states of full length.

    The states are made here and not in the first step, so that the count of steps lives on the parameters' device,
    where a step can be taken back without asking the device anything.
    """
    kind: Any = LowBitAdamW8 if bits == 8 else LowBitAdamW4
    optimizer = kind(parameters, lr, betas=betas, weight_decay=0.0)
    for parameter in parameters:
        optimizer.state[parameter] = {
            "step": torch.zeros((), device=parameter.device),
            "exp_avg": optimizer._new_buffer(parameter, True),
            "exp_avg_sq": optimizer._new_buffer(parameter, False),
        }
    made: torch.optim.Optimizer = optimizer
    return made
