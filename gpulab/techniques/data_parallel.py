"""Data parallelism (B7): several processes train the same model, each on its share of every batch."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Annotated, Any

from gpulab.hardware.machine import Machine
from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.problem import Argument, Problem
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique

if TYPE_CHECKING:
    from torch.nn.parallel import DistributedDataParallel

    from gpulab.engine.state import TrainingState

_ONE_BUCKET_MB = 2**20  # more than any model has
_DEFAULT_BUCKET_MB = 25


def gpus_can_talk(machine: Machine, device: str) -> Problem | None:
    """NCCL, which carries gradients from GPU to GPU, is part of PyTorch on Linux only."""
    return Problem("nccl_needs_linux") if device != "cpu" and sys.platform != "linux" else None


class DataParallelSettings(Settings, frozen=True):
    workers: Annotated[
        int,
        about(
            "Workers",
            "How many processes share each batch. It must divide the batch. On GPUs, each worker needs one of its own.",
            unit="processes",
            low=2,
            high=64,
        ),
    ] = 2


class DataParallel(Technique):
    """DistributedDataParallel around the model.

    It looks for unused parameters each time. Techniques may leave out a layer, and besides, DDP then never regroups its
    buckets, so that a resumed run sums in the order in which the uninterrupted one did, and what compression keeps from
    step to step fits the buckets it finds.
    """

    name = "data_parallel"
    card = "B7"
    label = "Data parallelism"
    summary = "Several workers train one model together, each on its share of every batch."
    promise = "More processors or GPUs finish the same training sooner."
    risk = (
        "Workers must exchange gradients at every step, which can cost more than it saves, above all when they share "
        "one processor. Each holds a whole copy of the model. With BatchNorm, each averages over its own share of the "
        "batch only, and the running averages of the first worker count for all."
    )
    sources = (
        "Li et al.: PyTorch Distributed: Experiences on Accelerating Data Parallel Training (2020), arXiv:2006.15704",
        "Goyal et al.: Accurate, Large Minibatch SGD (2017), arXiv:1706.02677",
    )
    Settings = DataParallelSettings
    requires = (gpus_can_talk,)

    def __init__(self, settings: DataParallelSettings) -> None:
        super().__init__(settings)
        self._network: DistributedDataParallel | None = None

    @classmethod
    def rules(cls, settings: DataParallelSettings, experiment: Experiment) -> Iterator[Problem]:
        batch_size = experiment.training.batch_size
        if batch_size % settings.workers:
            fitting = [count for count in range(2, min(batch_size, 64) + 1) if batch_size % count == 0]
            shown = ", ".join(map(str, fitting)) or "none"
            arguments: dict[str, Argument] = {
                "workers": settings.workers,
                "batch_size": batch_size,
                "fitting": shown,
            }
            yield Problem("workers_do_not_divide", "techniques.data_parallel.workers", arguments)

    @classmethod
    def limits(cls, settings: DataParallelSettings, machine: Machine, device: str) -> Iterator[Problem]:
        if device != "cpu" and settings.workers > len(machine.gpus):
            arguments = {"workers": settings.workers, "gpus": len(machine.gpus)}
            yield Problem("more_workers_than_gpus", "techniques.data_parallel.workers", arguments)

    @classmethod
    def doubts(cls, settings: DataParallelSettings, machine: Machine, device: str) -> Iterator[Problem]:
        if device == "cpu" and settings.workers > machine.cores:
            arguments = {"workers": settings.workers, "cores": machine.cores}
            yield Problem("more_workers_than_cores", "techniques.data_parallel.workers", arguments)

    def workers(self) -> int:
        return int(self.settings.workers)

    def edit_model(self, state: TrainingState) -> None:
        """Wraps the model. In a process that trains alone there is nobody to exchange gradients with."""
        if (wire := state.team.wire) is None:
            return
        import torch
        from torch.nn.parallel import DistributedDataParallel

        network = DistributedDataParallel(
            state.model,
            device_ids=[state.device] if state.device.type == "cuda" else None,
            bucket_cap_mb=_ONE_BUCKET_MB if state.plan.one_gradient_bucket else _DEFAULT_BUCKET_MB,
            find_unused_parameters=True,
            **_buffers_common(any(isinstance(part, torch.nn.BatchNorm1d) for part in state.model.modules())),
        )
        # DDP wants an argument of this very name, and would refuse the annotation that a function here would have.
        network.register_comm_hook(wire, lambda wire, bucket: wire.carry(bucket))
        self._network = state.network = network

    def forward_context(self, state: TrainingState) -> AbstractContextManager[object]:
        """Gradients travel once a step, with its last micro-batch."""
        last = state.micro == state.experiment.training.accumulation - 1
        return self._network.no_sync() if self._network and not last else nullcontext()


def _buffers_common(on: bool) -> dict[str, Any]:
    """Whether each forward pass begins with the first worker's buffers, as the installed torch calls it."""
    from torch.nn.parallel import DistributedDataParallel

    known = inspect.signature(DistributedDataParallel.__init__).parameters
    return {"forward_sync_buffers" if "forward_sync_buffers" in known else "broadcast_buffers": on}
