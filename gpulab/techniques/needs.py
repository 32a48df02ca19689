"""Needs that techniques share: each answers why something cannot be used on this device, or None."""

from __future__ import annotations

from gpulab.hardware.machine import Machine
from gpulab.spec.problem import Problem
from gpulab.techniques.base import Need


def compute_capability(major: int, minor: int) -> Need:
    """An NVIDIA GPU of at least this compute capability."""

    def need(machine: Machine, device: str) -> Problem | None:
        gpu = machine.gpu(device)
        needed = f"{major}.{minor}"
        if gpu is None:
            return Problem("needs_compute_capability_none", arguments={"needed": needed})
        if gpu.capability < (major, minor):
            found = "{}.{}".format(*gpu.capability)
            return Problem("needs_compute_capability", arguments={"needed": needed, "found": found})
        return None

    return need


def nvidia_gpu(machine: Machine, device: str) -> Problem | None:
    """Any NVIDIA GPU."""
    return None if machine.gpu(device) else Problem("needs_nvidia_gpu")


def compiler(machine: Machine, device: str) -> Problem | None:
    """What torch.compile builds its kernels with: a C++ compiler and Python's headers; on a GPU Triton too."""
    if not machine.compiler:
        return Problem("needs_compiler")
    if not machine.python_headers:
        return Problem("needs_python_headers")
    if machine.gpu(device) and not machine.triton:
        return Problem("needs_library", arguments={"library": "Triton"})
    return None


def slow_on_cpu(key: str, needed_flag: str = "") -> Need:
    """A caution, by its sentence's key, for the CPU; not given where the processor has `needed_flag`."""

    def need(machine: Machine, device: str) -> Problem | None:
        if device != "cpu" or (needed_flag and needed_flag in machine.flags):
            return None
        return Problem(key)

    return need
