"""Leaving a bad step out: what fused optimizers do with `found_inf`, for those that know nothing of it."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from gpulab.engine.subclasses import plain_tensors


class SkipsBadSteps(torch.optim.Optimizer):
    """Put before an optimizer among a class's bases: where `found_inf` is set, a step leaves no trace.

    On the CPU the flag is read and the step left out. A flag on a GPU is not read, which would make the processor
    wait: the step is made, and old values are put back where the flag says so. The copies live for the length of
    one step, when the tensors that backward needed are gone, so that they do not raise a training's peak.
    """

    found_inf: torch.Tensor | None = None
    waits_anyway = False
    """Whether the optimizer itself reads figures off the device, so that reading one more costs nothing."""

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Makes one step, or none where `found_inf` is set (a flag of shape ())."""
        bad, self.found_inf = self.found_inf, None
        if bad is None:
            super().step()
        elif bad.is_cpu or self.waits_anyway or self._meets_new_parameters():
            if not bad.item():
                super().step()
        else:
            self.masked_step(bad)

    @torch.no_grad()
    def masked_step(self, bad: torch.Tensor) -> None:
        """The step for a flag that must not be read. Every parameter must have its state already."""
        changing = list(self._changing())
        before = [tensor.clone() for tensor in changing]
        super().step()
        for tensor, old in zip(changing, before, strict=True):
            tensor.copy_(torch.where(bad.bool(), old, tensor))

    def _with_gradient(self) -> Iterator[torch.Tensor]:
        for group in self.param_groups:
            yield from (parameter for parameter in group["params"] if parameter.grad is not None)

    def _meets_new_parameters(self) -> bool:
        return any(not self.state.get(parameter) for parameter in self._with_gradient())

    def _changing(self) -> Iterator[torch.Tensor]:
        for parameter in self._with_gradient():
            yield parameter
            for value in self.state[parameter].values():
                if isinstance(value, torch.Tensor):
                    yield from plain_tensors(value)
