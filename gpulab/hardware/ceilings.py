"""What a device can do at most, measured on it: the fastest matrix products and copies that PyTorch gets out of it.

A ceiling belongs to a device, its driver, the PyTorch that was installed and, on a processor, the number of threads:
where one of them changes, it must be measured again. `gpulab.runs.ceilings` keeps them.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping

import msgspec

from gpulab.hardware.libraries import versions
from gpulab.hardware.machine import Machine
from gpulab.hardware.nvidia import driver_version


class Place(msgspec.Struct, frozen=True):
    """What ceilings hold for. `driver` is empty on a processor, `threads` 0 on a GPU, which does not use them."""

    device_name: str
    device: str
    driver: str
    torch: str
    threads: int

    @property
    def key(self) -> str:
        """A name for a file; the same GPU in another slot has the same ceilings."""
        named = [self.device_name, self.device.partition(":")[0], self.driver, self.torch, str(self.threads)]
        return hashlib.sha256("\n".join(named).encode()).hexdigest()[:24]


class Ceilings(msgspec.Struct, frozen=True):
    """The most that was measured at `place` (`measured_at` is seconds since the epoch).

    `flops_per_s` by data type (`fp32`, `tf32`, `bf16`, `fp16`, `int8`, whose operations are of whole numbers);
    `copy_bytes_per_s` counts what is read and what is written; both ways between host and device on a GPU only.
    `spread` is, by the same names and `copy`, `to_device`, `from_device`, half of the range in which the middle half of
    the repeats lay, as a share of their median.
    """

    place: Place
    measured_at: float
    flops_per_s: Mapping[str, float]
    copy_bytes_per_s: float
    to_device_bytes_per_s: float | None = None
    from_device_bytes_per_s: float | None = None
    spread: Mapping[str, float] = {}

    @property
    def usable(self) -> bool:
        """Whether every figure can be a speed: a file may come from anywhere."""
        figures = [*self.flops_per_s.values(), self.copy_bytes_per_s]
        figures += [each for each in (self.to_device_bytes_per_s, self.from_device_bytes_per_s) if each is not None]
        return bool(self.flops_per_s) and all(math.isfinite(figure) and figure > 0.0 for figure in figures)


def place_of(machine: Machine, device: str, threads: int) -> Place:
    """Where work computes that wants `device` and `threads`, as an experiment says them (`auto`, 0)."""
    resolved = machine.resolved(device)
    on_gpu = resolved != "cpu"
    return Place(
        device_name=machine.device_name(resolved),
        device=resolved,
        driver=driver_version() if on_gpu else "",
        torch=versions(["torch"])["torch"] or "",
        threads=0 if on_gpu else machine.threads(threads),
    )
