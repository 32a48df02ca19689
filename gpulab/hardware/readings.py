"""What one look at the machine gives: plain values that a page, a terminal and a test read alike.

A figure that could not be read is None, and `missing` says why by a key with a sentence in `gpulab.words`.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from gpulab.spec.problem import Problem

NOT_SUPPORTED = "reading_not_supported"
NO_PERMISSION = "reading_no_permission"
NO_ANSWER = "reading_no_answer"
NO_MEMORY = "reading_no_memory"
GONE = "reading_gone"
OF_WHOLE_GPU = "reading_of_whole_gpu"
"""The GPU is divided (MIG), and this is told of the whole only."""
SECOND_LOOK = "reading_second_look"
"""A rate: it takes two looks."""

REASONS = (NOT_SUPPORTED, NO_PERMISSION, NO_ANSWER, NO_MEMORY, GONE, OF_WHOLE_GPU, SECOND_LOOK)

THROTTLE = (
    "throttle_heat",
    "throttle_power_limit",
    "throttle_power_brake",
    "throttle_hardware",
    "throttle_sync",
    "throttle_setting",
)
"""Why a clock may be held down; an idle GPU's low clock is none of these."""


class GpuProcess(msgspec.Struct, frozen=True):
    """A process that holds memory of a GPU; in a container its `pid` is the host's and its `name` may be empty."""

    pid: int
    name: str
    memory_bytes: int | None


class GpuReading(msgspec.Struct, frozen=True):
    """One GPU, or one slice of a GPU that is divided, `index` as PyTorch counts.

    `busy_percent` is the share of time in which any kernel ran, however small. `power_w` is the board's, averaged by
    the driver. `throttle` holds keys of THROTTLE. PCIe traffic is seen from the GPU: sent to the host, received from
    it. `energy_j` counts since the driver was loaded. `processes` is None where they cannot be listed.
    """

    index: int
    name: str
    uuid: str
    busy_percent: float | None = None
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None
    power_w: float | None = None
    power_limit_w: float | None = None
    temperature_c: float | None = None
    sm_clock_mhz: int | None = None
    sm_clock_max_mhz: int | None = None
    memory_clock_mhz: int | None = None
    throttle: tuple[str, ...] | None = None
    pcie_sent_bytes_per_s: float | None = None
    pcie_received_bytes_per_s: float | None = None
    processes: tuple[GpuProcess, ...] | None = None
    energy_j: float | None = None
    missing: Mapping[str, str] = {}

    @property
    def gone(self) -> bool:
        """Whether it answered before and does not any more."""
        return GONE in self.missing.values()


FIGURES = tuple(name for name in GpuReading.__struct_fields__ if name not in ("index", "name", "uuid", "missing"))
"""What a GpuReading may tell."""


class HostReading(msgspec.Struct, frozen=True):
    """The machine around the GPUs. Percentages are since the look before; in a container memory is its allowance.

    `per_core_percent` has one figure for each core; `clock_mhz` is their mean.
    """

    cpu_percent: float | None = None
    per_core_percent: tuple[float, ...] = ()
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None
    swap_used_bytes: int | None = None
    swap_total_bytes: int | None = None
    load_1: float | None = None
    clock_mhz: float | None = None
    temperature_c: float | None = None
    missing: Mapping[str, str] = {}


class Reading(msgspec.Struct, frozen=True):
    """One look: `at` in seconds since the epoch. `notices` are what is new since the look before, each said once."""

    at: float
    host: HostReading
    gpus: tuple[GpuReading, ...] = ()
    notices: tuple[Problem, ...] = ()
