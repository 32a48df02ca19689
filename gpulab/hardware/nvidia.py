"""The NVIDIA GPUs that this process may use, numbered as PyTorch numbers them.

NVML counts every GPU in the order of the bus; PyTorch counts those that CUDA_VISIBLE_DEVICES leaves, in that order
(`CUDA_DEVICE_ORDER=PCI_BUS_ID`, which workers are started with). A PyTorch built for processors can use none.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec


class Gpu(msgspec.Struct, frozen=True):
    """One NVIDIA GPU: its index, name, memory in bytes and compute capability (major, minor)."""

    index: int
    name: str
    memory_bytes: int
    capability: tuple[int, int]


def visible_gpus() -> tuple[Gpu, ...]:
    """The GPUs, read from the driver. No driver, or one that does not answer, is no GPU, never an error."""
    if not driver_present():
        return ()
    import pynvml

    try:
        pynvml.nvmlInit()
        handles = visible_handles(pynvml)
    except pynvml.NVMLError:
        return ()
    found: list[Gpu] = []
    for handle in handles:
        with suppress(pynvml.NVMLError):
            found.append(_gpu(pynvml, handle, len(found)))
    return tuple(found)


def driver_present() -> bool:
    """Whether asking NVML is worth its import: on Linux a driver has a device file, under Windows' Linux too."""
    return sys.platform != "linux" or any(Path(file).exists() for file in ("/dev/nvidiactl", "/dev/dxg"))


def driver_version() -> str:
    """What the driver calls itself, for example 560.35.03; empty where there is none, or it does not answer."""
    if not driver_present():
        return ""
    import pynvml

    try:
        pynvml.nvmlInit()
        found = pynvml.nvmlSystemGetDriverVersion()
    except pynvml.NVMLError:
        return ""
    return found if isinstance(found, str) else str(found.decode())


def torch_has_cuda() -> bool:
    """Whether the installed PyTorch was built for CUDA, as its version file says; torch itself is not imported."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return False
    with suppress(OSError):
        text = Path(spec.origin).with_name("version.py").read_text(encoding="utf-8")
        return re.search(r"^cuda\b[^=]*= *['\"]", text, re.MULTILINE) is not None
    return False


def visible_handles(nvml: Any) -> list[Any]:
    """NVML's handles of the GPUs, as PyTorch counts them. Raises NVMLError."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is None:
        return [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]
    handles = []
    for name in filter(None, map(str.strip, named.split(","))):
        try:
            by_number = name.isdigit()
            find = nvml.nvmlDeviceGetHandleByIndex if by_number else nvml.nvmlDeviceGetHandleByUUID
            handles.append(find(int(name) if by_number else name))
        except nvml.NVMLError:
            break  # CUDA too stops at the first name that is no GPU
    return handles


def _gpu(nvml: Any, handle: Any, index: int) -> Gpu:
    name = nvml.nvmlDeviceGetName(handle)
    memory = nvml.nvmlDeviceGetMemoryInfo(handle).total
    major, minor = nvml.nvmlDeviceGetCudaComputeCapability(handle)
    return Gpu(index, name if isinstance(name, str) else name.decode(), int(memory), (major, minor))
