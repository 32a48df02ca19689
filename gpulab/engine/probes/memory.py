"""Memory in its separate meanings: the process's resident set, the GPU's three figures, and tensor bytes."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import psutil
import pynvml
import torch

from gpulab.engine.layers.norms import running_averages_held
from gpulab.engine.subclasses import true_bytes
from gpulab.events.documents import SeriesDeclared
from gpulab.hardware.nvml import handle_of

_CLEAR_REFS = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


class MemoryProbe(Protocol):
    """Reads the memory of the device a run trains on. All figures are bytes."""

    @property
    def series(self) -> tuple[SeriesDeclared, ...]: ...

    def read(self) -> dict[str, float | None]: ...

    def peak_bytes(self) -> int: ...

    def hold_peak(self) -> None: ...

    def release_peak(self) -> None: ...


def memory_probe(device: torch.device) -> MemoryProbe:
    """The probe for `device`; its peak counts from now on."""
    return CudaMemory(device) if device.type == "cuda" else ProcessMemory()


class ProcessMemory:
    """The resident set of this process: what a CPU training really occupies, Python and torch included."""

    series = (SeriesDeclared(key="rss_bytes", label="Process memory", unit="bytes", better="lower"),)

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._peak, self._held = 0, False
        self._marked = self._count_from_now()

    def read(self) -> dict[str, float | None]:
        resident = self._process.memory_info().rss
        if not self._held:
            self._peak = max(self._peak, resident)
        return {"rss_bytes": float(resident)}

    def peak_bytes(self) -> int:
        """The high-water mark where the system keeps one, else the largest reading."""
        self.read()
        if self._held or not self._marked:
            return self._peak
        with suppress(OSError):
            for line in _STATUS.read_text().splitlines():
                if line.startswith("VmHWM:"):
                    return max(self._peak, int(line.split()[1]) * 1024)
        return self._peak

    def hold_peak(self) -> None:
        """From now on the peak stays: what is noted of a profile is no memory of the training's."""
        self._peak, self._held = self.peak_bytes(), True

    def release_peak(self) -> None:
        """The peak counts again, from what is resident now that the notes have been given back."""
        with suppress(OSError, AttributeError):  # another C library gives memory back by itself, or has no such call
            ctypes.CDLL(None).malloc_trim(0)
        self._held, self._marked = False, self._count_from_now()

    @staticmethod
    def _count_from_now() -> bool:
        """Makes VmHWM, the high-water mark, count from now; False where the system keeps none that can be reset."""
        with suppress(OSError):
            _CLEAR_REFS.write_text("5")
            return True
        return False


class CudaMemory:
    """Allocated (tensors), reserved (torch's cache) and used on the device (everybody, by NVML), never mixed."""

    series = (
        SeriesDeclared(key="vram_allocated_bytes", label="Allocated by tensors", unit="bytes", better="lower"),
        SeriesDeclared(key="vram_reserved_bytes", label="Reserved by PyTorch", unit="bytes", better="lower"),
        SeriesDeclared(key="vram_used_bytes", label="Used on the device", unit="bytes", better="lower"),
    )

    def __init__(self, device: torch.device) -> None:
        self._device = device
        torch.cuda.reset_peak_memory_stats(device)
        self._uuid = str(torch.cuda.get_device_properties(device).uuid)  # torch may number devices differently
        with suppress(pynvml.NVMLError):
            pynvml.nvmlInit()

    def read(self) -> dict[str, float | None]:
        return {
            "vram_allocated_bytes": float(torch.cuda.memory_allocated(self._device)),
            "vram_reserved_bytes": float(torch.cuda.memory_reserved(self._device)),
            "vram_used_bytes": self._used(),
        }

    def peak_bytes(self) -> int:
        """The most bytes that tensors had allocated at once."""
        return torch.cuda.max_memory_allocated(self._device)

    def hold_peak(self) -> None:
        """Nothing: a profile's notes lie in the host's memory, and none of them among torch's tensors."""

    def release_peak(self) -> None:
        """Nothing was held."""

    def _used(self) -> float | None:
        """Asks by the GPU's own number each time: a GPU that fell off the bus is a gap in the chart, not an error."""
        try:
            return float(pynvml.nvmlDeviceGetMemoryInfo(handle_of(pynvml, self._uuid)).used)
        except pynvml.NVMLError:
            return None


class SavedTensors:
    """Counts the bytes that autograd keeps between forward and backward, each storage once, parameters left out.

    A block that gradient checkpointing works out again counts with what it then keeps, beside what is kept up to
    there: `bytes` is the worst moment.
    """

    def __init__(self, model: torch.nn.Module) -> None:
        self._model = model
        self._own = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
        self._storages: dict[int, int] = {}
        self._again, self._layer = 0, 0

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Counts what is saved inside the block. The saved tensors themselves are untouched."""
        plan = getattr(self._model, "plan", None)
        blocks = self._model.get_submodule("blocks").children() if plan and plan.recompute != "no_block" else ()
        handles = [block.register_forward_pre_hook(self._look_inside) for block in blocks]
        try:
            with torch.autograd.graph.saved_tensors_hooks(self._note, lambda tensor: tensor):
                yield
        finally:
            for handle in handles:
                handle.remove()

    @property
    def bytes(self) -> int:
        return max(self._again, sum(self._storages.values()))

    def _note(self, tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in self._own:
            self._storages[storage.data_ptr()] = storage.nbytes()
        return tensor

    def _look_inside(self, block: torch.nn.Module, arguments: tuple[Any, ...]) -> None:
        """Runs a block that will be worked out again once more, to see what it keeps; leaves no trace of that."""
        plan: Any = self._model.plan
        layer, self._layer = self._layer % plan.n_layer, self._layer + 1
        if not plan.recomputes(layer):
            return
        x, *others = arguments
        inside = SavedTensors(self._model)
        with torch.random.fork_rng([x.device] if x.is_cuda else []), running_averages_held(block), inside.counting():
            block.forward(x.detach().requires_grad_(), *others)
        self._again = max(self._again, sum((self._storages | inside._storages).values()))


def state_bytes(model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """Bytes of weights, gradients (one for each trainable weight) and the optimizer's tensors."""
    weights = sum(p.nbytes for p in model.parameters()) + sum(b.nbytes for b in model.buffers())
    gradients = sum(p.nbytes for p in model.parameters() if p.requires_grad)
    kept = sum(
        true_bytes(value)
        for state in optimizer.state.values()
        for value in state.values()
        if isinstance(value, torch.Tensor)
    )
    return weights + gradients + kept


def tensor_bytes(tree: Any) -> int:
    """Bytes of every tensor in a technique's state: tensors and plain values in tables and lists."""
    if isinstance(tree, torch.Tensor):
        return true_bytes(tree)
    inner = tree.values() if isinstance(tree, Mapping) else tree if isinstance(tree, list | tuple) else ()
    return sum(map(tensor_bytes, inner))
