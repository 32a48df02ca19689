"""The machine as a value: what techniques, forms and `doctor` ask before anything runs.

It is read before the window's first paint, so psutil and pynvml (25 ms together) are imported only where they are
needed: where the system itself does not say how much memory there is, and where there is an NVIDIA driver.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from gpulab.hardware.nvidia import Gpu, torch_has_cuda, visible_gpus

_COMPILERS = ("cl",) if sys.platform == "win32" else ("c++", "g++", "clang++")


class Machine(msgspec.Struct, frozen=True):
    """What this machine has. `processor` is the CPU's name, `flags` its instruction sets where the system tells.

    `unused_gpu` names a GPU that is there but that the installed PyTorch, built for processors only, cannot use.
    `compiler` (of C++), `python_headers` and `triton` are what torch.compile builds with.
    """

    processor: str
    cores: int
    memory_bytes: int
    gpus: tuple[Gpu, ...] = ()
    flags: frozenset[str] = frozenset()
    unused_gpu: str = ""
    compiler: bool = False
    python_headers: bool = False
    triton: bool = False

    @property
    def devices(self) -> tuple[str, ...]:
        """Every device an experiment may name, `auto` left out."""
        return ("cpu", *(("cuda",) if self.gpus else ()), *(f"cuda:{gpu.index}" for gpu in self.gpus))

    def resolved(self, device: str) -> str:
        """The device that `device` means here: `auto` is the first GPU, else the CPU."""
        if device == "auto":
            return "cuda:0" if self.gpus else "cpu"
        return "cuda:0" if device == "cuda" else device

    def place(self, device: str, rank: int) -> str:
        """Where process `rank` of several that train on `device` computes: a GPU each, or all on the CPU."""
        first = self.resolved(device)
        gpus = [f"cuda:{gpu.index}" for gpu in self.gpus]
        return gpus[(gpus.index(first) + rank) % len(gpus)] if first in gpus else first

    def gpu(self, device: str) -> Gpu | None:
        """The GPU that `device` means here, or None for the CPU."""
        return next((gpu for gpu in self.gpus if f"cuda:{gpu.index}" == self.resolved(device)), None)

    def device_name(self, device: str) -> str:
        gpu = self.gpu(device)
        return gpu.name if gpu else self.processor

    def threads(self, wanted: int) -> int:
        """Processor threads a training may use: what was asked for, or all cores but one, left to the window."""
        return min(wanted, self.cores) if wanted else max(1, self.cores - 1)


def this_machine() -> Machine:
    """Reads the machine. A missing driver or a GPU that does not answer is no GPU, never an error."""
    processor, flags = _processor()
    gpus = visible_gpus()
    usable = not gpus or torch_has_cuda()
    return Machine(
        processor=processor,
        cores=len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1,
        memory_bytes=_memory_bytes(),
        gpus=gpus if usable else (),
        flags=flags,
        unused_gpu="" if usable else gpus[0].name,
        compiler=any(map(shutil.which, _COMPILERS)),
        python_headers=_python_headers().exists(),
        triton=importlib.util.find_spec("triton") is not None,
    )


def _python_headers() -> Path:
    """Where `sysconfig` has them, without its table of the whole build, which takes a millisecond to read."""
    kind = "Include" if sys.platform == "win32" else f"include/python{sys.version_info[0]}.{sys.version_info[1]}"
    return Path(sys.base_prefix, f"{kind}{getattr(sys, 'abiflags', '')}", "Python.h")


def _memory_bytes() -> int:
    with suppress(AttributeError, ValueError, OSError):  # Windows has no sysconf, other systems not these names
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    import psutil

    return int(psutil.virtual_memory().total)


def _processor() -> tuple[str, frozenset[str]]:
    name, flags = "", frozenset[str]()
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
        name = facts.get("model name", name)
        flags = frozenset(facts.get("flags", "").split())
    if not name:
        import platform  # it may start a process for its answer

        name = platform.processor() or platform.machine()
    return name, flags
