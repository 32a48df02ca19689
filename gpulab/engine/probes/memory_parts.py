"""What a run's memory is for over its whole length, at each look, and the step by which it was fullest.

Weights and optimizer state are counted as they are, gradients as they will be, activations as the one micro-batch that
is read before training kept them. What lies between these tensors and the most that was allocated is workspace; what
torch holds in pieces too small to be used is fragmentation. Those two are known of a GPU alone: a processor's allocator
tells nothing, and workspace there is what techniques keep.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch

from gpulab.engine.pipeline import Pipeline
from gpulab.engine.probes.memory import tensor_bytes
from gpulab.engine.state import TrainingState
from gpulab.engine.subclasses import true_bytes
from gpulab.events.documents import SeriesDeclared

_GROWN = 1.01  # times what was known before: less is the noise of a process that lives
_LABELS = {
    "mem_parameters": "Parameters",
    "mem_gradients": "Gradients",
    "mem_optimizer": "Optimizer state",
    "mem_activations": "Activations",
    "mem_workspace": "Workspace",
}
_ON_GPU = {"mem_fragmentation": "Fragmentation"}


def memory_series(on_gpu: bool) -> tuple[SeriesDeclared, ...]:
    """The series that samples carry at each look."""
    labels = _LABELS | (_ON_GPU if on_gpu else {})
    return tuple(SeriesDeclared(key=key, label=label, unit="bytes", better="lower") for key, label in labels.items())


def memory_parts(state: TrainingState, pipeline: Pipeline, activations: int) -> dict[str, float]:
    """Bytes for each of the series, by what is held now; `activations` were counted before."""
    weights = [*state.model.parameters(), *state.model.buffers()]
    kept = [value for held in state.optimizer.state.values() for value in held.values()]
    parts = {
        "mem_parameters": sum(map(true_bytes, weights)),
        "mem_gradients": sum(true_bytes(p.detach()) for p in state.model.parameters() if p.requires_grad),
        "mem_optimizer": sum(true_bytes(value) for value in kept if isinstance(value, torch.Tensor)),
        "mem_activations": activations,
    }
    if state.device.type == "cuda":
        told = torch.cuda.memory_stats(state.device)
        besides = _beside(told, sum(parts.values()))
    else:
        besides = {"mem_workspace": sum(tensor_bytes(technique.state_dict()) for technique in pipeline.techniques)}
    return {key: float(size) for key, size in (parts | besides).items()}


def _beside(told: Mapping[str, int], known: int) -> dict[str, int]:
    return {
        "mem_workspace": max(0, told.get("allocated_bytes.all.peak", 0) - known),
        "mem_fragmentation": told.get("inactive_split_bytes.all.current", 0),
    }


class Fullest:
    """Follows the peak that `peak_bytes` tells; `step` is the one by which it was reached, to a hundredth."""

    def __init__(self, peak_bytes: Callable[[], int | None]) -> None:
        self._peak_bytes = peak_bytes
        self._known = 0
        self.step: int | None = None

    def look(self, step: int) -> None:
        """Called now and then, after `step` steps."""
        peak = self._peak_bytes() or 0
        if peak > _GROWN * self._known:
            self._known, self.step = peak, step
