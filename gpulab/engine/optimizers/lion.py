"""Lion, which keeps one number for each weight and steps by signs alone; torch has none of its own."""

from __future__ import annotations

import torch


class Lion(torch.optim.Optimizer):
    """Chen et al.: Symbolic Discovery of Optimization Algorithms (2023), arXiv:2302.06675, algorithm 2.

    The step's direction is the sign of a mixture of momentum and gradient (`betas[0]`); the momentum that is kept
    moves more slowly (`betas[1]`). Weight decay is decoupled, as in AdamW.
    """

    def __init__(
        self,
        parameters: list[torch.nn.Parameter],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One step for all parameters that have a gradient, a whole list in each kernel."""
        for group in self.param_groups:
            parameters = [parameter for parameter in group["params"] if parameter.grad is not None]
            if not parameters:
                continue
            gradients = [parameter.grad for parameter in parameters]
            momenta = [self._momentum(parameter) for parameter in parameters]
            mixing, keeping = group["betas"]
            direction = torch._foreach_lerp(momenta, gradients, 1.0 - mixing)
            torch._foreach_sign_(direction)
            if group["weight_decay"]:
                torch._foreach_mul_(parameters, 1.0 - group["lr"] * group["weight_decay"])
            torch._foreach_add_(parameters, direction, alpha=-group["lr"])
            torch._foreach_lerp_(momenta, gradients, 1.0 - keeping)

    def _momentum(self, parameter: torch.Tensor) -> torch.Tensor:
        state = self.state[parameter]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(parameter)
        momentum: torch.Tensor = state["momentum"]
        return momentum
