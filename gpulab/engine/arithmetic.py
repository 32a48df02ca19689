"""How much a training computes and moves for each token, counted on a few sequences before it begins.

Both grow evenly with the number of sequences, so that two and three of them tell what a whole batch takes: counting a
large model costs a moment. It runs the model itself, forward and backward, and leaves no trace in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import msgspec
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from gpulab.analysis.roofline import utilization
from gpulab.engine.flops import flops_of
from gpulab.engine.model import next_token_loss
from gpulab.engine.op_traffic import optimizer_bytes, traffic_bytes
from gpulab.engine.state import TrainingState
from gpulab.hardware.datasheet import peak_of
from gpulab.hardware.machine import Machine
from gpulab.runs.ceilings import load_ceilings

Context = Callable[[], AbstractContextManager[object]]
_FEW = (2, 3)

_TYPES = {torch.float32: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16", torch.float64: "fp64"}


class Arithmetic(msgspec.Struct, frozen=True):
    """What one token costs to learn from, forward and backward.

    `recomputed_flops` of `flops` are a block's second forward pass (gradient checkpointing), which MFU leaves out.
    `compute_type` is the type of numbers that most of them multiply.
    """

    flops: float
    recomputed_flops: float
    bytes: float
    compute_type: str


def arithmetic_of_training(
    state: TrainingState, inputs: torch.Tensor, targets: torch.Tensor, context: Context
) -> Arithmetic:
    """Counts the training of `state` on its share of a micro-batch, `inputs` and `targets` (batch, time)."""
    moved = optimizer_bytes(state.model, state.experiment.training.optimizer)
    tokens = inputs.numel() * state.experiment.training.accumulation  # of one process, each of which has an optimizer
    return arithmetic_of(state.model, inputs, targets, context, moved / tokens)


def figures(
    arithmetic: Arithmetic | None, tokens_per_s: float | None, state: TrainingState, machine: Machine
) -> dict[str, Any]:
    """What the summary says: how much is computed and moved, how fast, and which share of what the device could do.

    `mfu` is against the datasheet, None where there is none; `ceiling_share` against what was measured here.
    """
    if arithmetic is None:
        return {}
    experiment, kind = state.experiment, arithmetic.compute_type
    devices = min(state.team.size, len(machine.gpus)) if state.device.type == "cuda" else 1
    peak = peak_of(machine.device_name(str(state.device)))
    ceilings = load_ceilings(machine, experiment.device, experiment.threads)
    speed = tokens_per_s or 0.0
    useful, done = ((arithmetic.flops - arithmetic.recomputed_flops) * speed, arithmetic.flops * speed)
    return {
        "compute_type": kind,
        "devices": devices,
        "flops_per_token": arithmetic.flops,
        "recomputed_flops_per_token": arithmetic.recomputed_flops,
        "bytes_per_token": arithmetic.bytes,
        "flops_per_s": done or None,
        "mfu": utilization(useful, peak.flops_per_s.get(kind), devices) if peak and done else None,
        "ceiling_share": utilization(done, ceilings.flops_per_s.get(kind), devices) if ceilings and done else None,
    }


class Count(msgspec.Struct):
    """What was counted of some work: operations by the type of the numbers multiplied, bytes moved."""

    flops: Counter[str]
    again: int = 0
    bytes: int = 0

    @property
    def total(self) -> int:
        return sum(self.flops.values())


def arithmetic_of(
    model: torch.nn.Module, inputs: torch.Tensor, targets: torch.Tensor, context: Context, optimizer_bytes: float
) -> Arithmetic:
    """Counts training `model` on `inputs` and `targets` (batch, time). What it draws, and its gradients, are unused.

    `optimizer_bytes` are what the optimizer moves for each token.
    """
    sequences, time = inputs.shape
    few = _FEW if sequences > max(_FEW) else (sequences,)
    counts = [counted(model, inputs[:some], targets[:some], context) for some in few]
    largest = counts[-1]

    def of_batch(figure: Callable[[Count], int]) -> float:
        found = [figure(count) for count in counts]
        return found[-1] + (found[-1] - found[0]) * (sequences - few[-1]) / max(1, few[-1] - few[0])

    tokens = sequences * time
    return Arithmetic(
        flops=of_batch(lambda count: count.total) / tokens,
        recomputed_flops=of_batch(lambda count: count.again) / tokens,
        bytes=of_batch(lambda count: count.bytes) / tokens + optimizer_bytes,
        compute_type=max(largest.flops, key=lambda name: largest.flops[name], default=""),
    )


def counted(model: torch.nn.Module, inputs: torch.Tensor, targets: torch.Tensor, context: Context) -> Count:
    """One pass forward and one backward over `inputs` and `targets` (batch, time), in the model's training mode."""
    count = Count(Counter())
    held = {name: buffer.clone() for name, buffer in model.named_buffers()}
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    was_training = model.training
    model.train()
    try:
        with _Counting(count), context():
            loss = next_token_loss(model(inputs), targets)
        with _Counting(count, backward=True):
            torch.autograd.grad(loss, parameters, allow_unused=True)
    finally:
        model.train(was_training)
        for name, buffer in model.named_buffers():
            buffer.copy_(held[name])
    return count


class _Counting(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Looks at every operator on its way to the device.

    While the gradient is worked out, autograd records nothing; where it records all the same, a block that was
    forgotten is being worked out a second time.
    """

    def __init__(self, count: Count, backward: bool = False) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._count, self._backward = count, backward

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        named = kwargs or {}
        if any(kind is not torch.Tensor and kind is not torch.nn.Parameter for kind in types):
            return NotImplemented  # a tensor made of others: what it does with them comes by here again
        out = func(*args, **named)
        flops = flops_of(func, args, named, out)
        if flops:
            self._count.flops[_type_of(args)] += flops
            if self._backward and torch.is_grad_enabled():
                self._count.again += flops
        self._count.bytes += traffic_bytes(func, args, named, out)
        return out


def _type_of(arguments: tuple[Any, ...]) -> str:
    """The shortest numbers among what is multiplied, as `gpulab.hardware.ceilings` calls them."""
    kinds = [each.dtype for each in arguments if isinstance(each, torch.Tensor)]
    shortest = min([kind for kind in kinds if kind.is_floating_point] or kinds, key=lambda kind: kind.itemsize)
    if shortest == torch.float32:
        on_gpu = any(isinstance(each, torch.Tensor) and each.is_cuda for each in arguments)
        return "tf32" if on_gpu and torch.backends.cuda.matmul.fp32_precision == "tf32" else "fp32"
    return _TYPES.get(shortest, "fp8" if shortest.is_floating_point else "int8")
