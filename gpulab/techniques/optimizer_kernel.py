"""Optimizer kernel (A4): in how many trips to memory the optimizer's arithmetic is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.plan import Plan
from gpulab.spec.problem import Problem
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique

_HAVE_KERNELS = ("adamw", "adam", "sgd")


class OptimizerKernelSettings(Settings, frozen=True):
    kernel: Annotated[
        Literal["fused", "foreach", "for_loop"],
        about(
            "Kernel",
            "Fused is the reference: one pass over all weights. Foreach makes one pass for each operation, the loop "
            "one for each operation and each tensor. The result is the same up to rounding.",
            labels={"fused": "Fused", "foreach": "Operation by operation", "for_loop": "Tensor by tensor"},
        ),
    ] = "foreach"


class OptimizerKernel(Technique):
    name = "optimizer_kernel"
    card = "A4"
    label = "Optimizer kernel"
    summary = "Works out the optimizer's step in one kernel or in many."
    promise = "Shows what fusing buys: each number travels to memory and back once a step, which makes it shorter."
    risk = "Few optimizers have a fused kernel, and it rounds in another order: the last digits differ."
    sources = (
        "PyTorch: torch.optim, foreach and fused implementations, https://docs.pytorch.org/docs/stable/optim.html",
    )
    Settings = OptimizerKernelSettings

    @classmethod
    def rules(cls, settings: OptimizerKernelSettings, experiment: Experiment) -> Iterator[Problem]:
        if experiment.training.optimizer not in _HAVE_KERNELS:
            arguments = {"optimizer": experiment.training.optimizer, "fitting": ", ".join(_HAVE_KERNELS)}
            yield Problem("optimizer_has_one_kernel", "techniques.optimizer_kernel.kernel", arguments)

    def edit_plan(self, plan: Plan) -> Plan:
        return msgspec.structs.replace(plan, optimizer_kernel=self.settings.kernel)
