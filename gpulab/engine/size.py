"""What a finished model takes: bytes of its weights, bytes of a forward pass, weights that are zero. All are counted.

Memory of a forward pass is what torch's allocators really held at once, so that a layer that unpacks its weights to
compute with them is charged for it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import torch

from gpulab.engine.device import wait_for
from gpulab.engine.subclasses import true_bytes


def parameter_count(model: torch.nn.Module) -> int:
    """Weights of the model, each once, however many bits each has."""
    return sum(parameter.numel() for parameter in model.parameters())


def weight_bytes(model: torch.nn.Module) -> int:
    """Bytes of weights and buffers in memory; of quantized weights, all the tensors that they are stored as."""
    return sum(map(true_bytes, (*model.parameters(), *model.buffers())))


@torch.no_grad()
def forward_peak_bytes(
    model: torch.nn.Module, tokens: torch.Tensor, context: Callable[[], AbstractContextManager[object]]
) -> int:
    """The most bytes held at once, beside the weights, while `tokens` (batch, time) go through the model once."""
    model.eval()
    with context():
        model(tokens)  # what is only made once is made now
        return peak_bytes(lambda: model(tokens), tokens.device)


def peak_bytes(work: Callable[[], object], device: torch.device) -> int:
    """The most bytes that torch's allocator held at once while `work` ran, beyond what it held before."""
    if device.type == "cuda":
        wait_for(device)
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        work()
        wait_for(device)
        return torch.cuda.max_memory_allocated(device) - before
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        work()
    return _peak_of(profile)


def _peak_of(profile: torch.profiler.profile) -> int:
    """The highest sum of what the processor's allocator gave (positive) and took back (negative), in time order."""
    assert profile.profiler is not None
    results = profile.profiler.kineto_results
    assert results is not None
    every: Any = results.events()  # torch's own declaration leaves the bytes out
    events = [event for event in every if event.name() == "[memory]"]
    held = peak = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        held += event.nbytes()
        peak = max(peak, held)
    return peak


def zero_share(model: torch.nn.Module) -> float:
    """The share of the linear layers' weights that are zero (0 to 1); of a model without such layers, 0."""
    zeros = total = 0
    for module in model.modules():
        if isinstance(module, torch.nn.Linear):
            weight = plain_weight(module)
            zeros += int((weight == 0).sum())
            total += weight.numel()
    return zeros / total if total else 0.0


def plain_weight(layer: torch.nn.Linear) -> torch.Tensor:
    """The layer's weights (out, in) as its arithmetic sees them."""
    weight = layer.weight.detach()
    if type(weight) is torch.Tensor:
        return weight
    if "dequantize" in vars(type(weight)):
        return weight.dequantize()
    each = torch.eye(layer.in_features, dtype=weight.dtype, device=weight.device)  # kernels that never unpack
    return torch.nn.functional.linear(each, weight).T
