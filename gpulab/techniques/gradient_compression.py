"""Gradient compression (A7): workers send each other less than their whole gradients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.plan import Plan
from gpulab.spec.problem import Problem
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique

if TYPE_CHECKING:
    import torch
    from torch._C._distributed_c10d import GradBucket
    from torch.distributed.algorithms.ddp_comm_hooks.powerSGD_hook import PowerSGDState

    from gpulab.engine.parallel.wire import Wire
    from gpulab.engine.state import TrainingState


class GradientCompressionSettings(Settings, frozen=True):
    method: Annotated[
        Literal["none", "fp16", "bf16", "powersgd", "topk"],
        about(
            "Method",
            "Whole gradients are the reference. 16 bits halve what travels. PowerSGD sends two thin matrices in place "
            "of a thick one. Top-k sends the largest gradients only, and keeps the rest for later.",
            labels={
                "none": "None",
                "fp16": "16 bits (fp16)",
                "bf16": "16 bits (bf16)",
                "powersgd": "PowerSGD",
                "topk": "The largest only (top-k)",
            },
        ),
    ] = "powersgd"
    rank: Annotated[
        int,
        about(
            "Rank",
            "How thin PowerSGD's matrices are: fewer columns send less and lose more.",
            low=1,
            high=64,
            when=("method", ("powersgd",)),
        ),
    ] = 2
    start: Annotated[
        int,
        about(
            "Whole at first",
            "For so many steps PowerSGD sends whole gradients: the beginning is when errors hurt most.",
            unit="steps",
            low=2,
            high=10**8,
            advanced=True,
            when=("method", ("powersgd",)),
        ),
    ] = 10
    share: Annotated[
        float,
        about(
            "Share sent",
            "The share of all gradients that top-k sends at each step.",
            low=0.0001,
            high=1.0,
            when=("method", ("topk",)),
        ),
    ] = 0.01


class GradientCompression(Technique):
    """What lossy methods leave out is kept and added to the next step's gradients (error feedback), by each worker.

    One bucket holds all gradients for PowerSGD and top-k: with several, the exchanges that PowerSGD starts in callbacks
    could meet in another order on another worker.
    """

    name = "gradient_compression"
    card = "A7"
    label = "Gradient compression"
    summary = "Workers send each other shortened gradients."
    promise = "Less traffic between workers, which pays where the connection is slow."
    risk = "What is left out is lost or late: the model can end worse, and shortening takes time of its own."
    sources = (
        "Vogels, Karimireddy, Jaggi: PowerSGD (2019), arXiv:1905.13727",
        "Stich, Cordonnier, Jaggi: Sparsified SGD with Memory (2018), arXiv:1809.07599",
    )
    Settings = GradientCompressionSettings
    per_rank = True

    def __init__(self, settings: GradientCompressionSettings) -> None:
        super().__init__(settings)
        self._powersgd: PowerSGDState | None = None
        self._left_out: torch.Tensor | None = None
        self._seed = 0

    @classmethod
    def rules(cls, settings: GradientCompressionSettings, experiment: Experiment) -> Iterator[Problem]:
        if "data_parallel" not in experiment.techniques:
            yield Problem("compression_needs_workers", "techniques.gradient_compression")

    def edit_plan(self, plan: Plan) -> Plan:
        return msgspec.structs.replace(plan, one_gradient_bucket=self.settings.method in ("powersgd", "topk"))

    def edit_model(self, state: TrainingState) -> None:
        """Puts the chosen method in the place of the plain exchange, where there is anybody to exchange with."""
        import torch

        if (wire := state.team.wire) is None:
            return
        match self.settings.method:
            case "fp16":
                wire.exchange = lambda bucket: _in_16_bits(bucket, wire, torch.float16)
            case "bf16":
                wire.exchange = lambda bucket: _in_16_bits(bucket, wire, torch.bfloat16)
            case "powersgd":
                self._powersgd, self._seed = self._power_state(wire), state.seed
                wire.exchange = lambda bucket: self._thin(bucket, wire)
            case "topk":
                wire.exchange = lambda bucket: self._largest(bucket, wire)

    def _power_state(self, wire: Wire) -> PowerSGDState:
        from torch.distributed.algorithms.ddp_comm_hooks.powerSGD_hook import PowerSGDState

        return PowerSGDState(
            process_group=wire.group,
            matrix_approximation_rank=self.settings.rank,
            start_powerSGD_iter=self.settings.start,
            orthogonalization_epsilon=1e-8,  # a layer that was left out has no gradient
        )

    def _thin(self, bucket: GradBucket, wire: Wire) -> torch.futures.Future[torch.Tensor]:
        """torch's PowerSGD. Its memory stays as it was where a gradient was not finite: it would never recover."""
        import torch
        from torch.distributed.algorithms.ddp_comm_hooks.powerSGD_hook import powerSGD_hook

        power = self._powersgd
        assert power is not None
        if not _memory(power):
            power.rng.seed(self._seed)  # the first matrices are drawn alike, however often a run is resumed before them
        if power.iter < power.start_powerSGD_iter:
            wire.count_summed(bucket.buffer().nbytes)
            return powerSGD_hook(power, bucket)
        before = {name: memory.clone() for name, memory in _memory(power).items()}
        numbers = power.total_numel_after_compression
        future = powerSGD_hook(power, bucket)
        numbers = power.total_numel_after_compression - numbers  # those of both matrices, and of what is sent whole
        wire.count_summed(numbers * bucket.buffer().element_size())

        def settled(done: torch.futures.Future[torch.Tensor]) -> torch.Tensor:
            mean = done.value()
            good = mean.isfinite().all()
            for name, memory in _memory(power).items():
                if before:
                    memory.copy_(torch.where(good, memory, before[name]))
                elif not good:  # the first time there is nothing to go back to: begin once more
                    getattr(power, name).clear()
            return mean

        return future.then(settled)

    def _largest(self, bucket: GradBucket, wire: Wire) -> torch.futures.Future[torch.Tensor]:
        """Sends the largest gradients with their places (4 bytes each); the others wait in `_left_out`."""
        import torch

        gradients = bucket.buffer()
        waiting = self._left_out if self._left_out is not None else torch.zeros_like(gradients)
        owed = gradients + waiting
        count = max(1, round(self.settings.share * owed.numel()))
        places = owed.abs().topk(count, sorted=False).indices
        values = owed[places].float()
        rest = owed.index_fill(0, places, 0.0)
        letter = torch.cat([values.view(torch.int32), places.int()])

        def settled(done: torch.futures.Future[list[torch.Tensor]]) -> torch.Tensor:
            mean = torch.zeros_like(gradients)
            for theirs in done.value():
                mean.index_add_(0, theirs[count:].long(), theirs[:count].view(torch.float32).to(mean.dtype))
            good = mean.isfinite().all()
            self._left_out = torch.where(good, rest, waiting)
            return mean.div_(wire.size)

        return wire.gathered(letter).then(settled)

    def state_dict(self) -> dict[str, Any]:
        if self._powersgd:
            return {"iter": self._powersgd.iter, **_memory(self._powersgd)}
        return {"left_out": self._left_out} if self._left_out is not None else {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._left_out = state.get("left_out")
        if self._powersgd:
            self._powersgd.iter = state["iter"]
            for name, memory in state.items():
                if name in _MEMORIES:
                    getattr(self._powersgd, name)[0] = memory


_MEMORIES = ("error_dict", "p_memory_dict", "q_memory_dict")


def _memory(power: PowerSGDState) -> dict[str, torch.Tensor]:
    """What PowerSGD keeps from step to step, of its only bucket; nothing before it begins."""
    return {name: getattr(power, name)[0] for name in _MEMORIES if 0 in getattr(power, name)}


def _in_16_bits(bucket: GradBucket, wire: Wire, dtype: torch.dtype) -> torch.futures.Future[torch.Tensor]:
    """The mean of gradients that travel as `dtype`. torch has such hooks; its bf16 one refuses to work without NCCL."""
    gradients = bucket.buffer()
    short = gradients.div(wire.size).to(dtype)
    return wire.summed(short).then(lambda done: gradients.copy_(done.value()))
