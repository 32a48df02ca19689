"""What NVIDIA's driver tells of one GPU, figure by figure: one that it refuses costs that figure and its reason only.

NVML answers by error codes, and means different things by them: a figure this GPU never tells, one that this user may
not see, one that failed just now, a GPU that is gone. A GPU that is divided (MIG) is one device for each slice: memory
and processes are the slice's, heat and clocks the board's; power, energy and PCIe traffic belong to all slices
together and are not told of one (https://docs.nvidia.com/deploy/nvml-api, "Multi Instance GPU Management").
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import PurePath
from typing import Any

from gpulab.hardware.nvidia import visible_handles
from gpulab.hardware.readings import (
    FIGURES,
    GONE,
    NO_ANSWER,
    NO_MEMORY,
    NO_PERMISSION,
    NOT_SUPPORTED,
    OF_WHOLE_GPU,
    GpuProcess,
    GpuReading,
)

HELD_BACK = frozenset(("throttle_heat", "throttle_power_brake", "throttle_hardware"))
"""Reasons that make a speed unfair. A power limit is how a busy GPU is meant to run."""

_REASONS = {
    "SwThermalSlowdown": "throttle_heat",
    "HwThermalSlowdown": "throttle_heat",
    "SwPowerCap": "throttle_power_limit",
    "HwPowerBrakeSlowdown": "throttle_power_brake",
    "HwSlowdown": "throttle_hardware",
    "SyncBoost": "throttle_sync",
    "ApplicationsClocksSetting": "throttle_setting",
    "DisplayClockSetting": "throttle_setting",
}
_CODES = {
    NOT_SUPPORTED: (
        "NOT_SUPPORTED",
        "FUNCTION_NOT_FOUND",
        "INVALID_ARGUMENT",
        "ARGUMENT_VERSION_MISMATCH",
        "DEPRECATED",
    ),
    NO_PERMISSION: ("NO_PERMISSION",),
    NO_MEMORY: ("MEMORY", "INSUFFICIENT_RESOURCES"),
    GONE: ("GPU_IS_LOST", "RESET_REQUIRED", "UNINITIALIZED", "DRIVER_NOT_LOADED", "NOT_FOUND"),
}
_FOR_EVER = (NOT_SUPPORTED, NO_PERMISSION)
_OF_BOARD = frozenset(("power_w", "power_limit_w", "energy_j", "pcie_sent_bytes_per_s", "pcie_received_bytes_per_s"))
TRAFFIC = ("pcie_sent_bytes_per_s", "pcie_received_bytes_per_s")
"""The driver counts these for 20 ms each while the caller waits: not to be asked of many GPUs at every look."""


class Lost(Exception):
    """The GPU does not answer any more: it fell off the bus, or its driver was unloaded."""


def refusals(nvml: Any) -> tuple[type[Exception], ...]:
    """What a call may raise instead of an answer.

    Beside error codes: a driver that is too old to list processes, names that are no UTF-8, and no memory.
    """
    return (nvml.NVMLError, nvml.NVMLLibraryMismatchError, UnicodeDecodeError, MemoryError)


def reason(nvml: Any, error: Exception) -> str:
    """The key for why `error` (one of `refusals`) kept a figure from being read."""
    if isinstance(error, MemoryError):
        return NO_MEMORY
    if isinstance(error, nvml.NVMLLibraryMismatchError):
        return NOT_SUPPORTED
    code = getattr(error, "value", None)
    for key, names in _CODES.items():
        if code in (getattr(nvml, f"NVML_ERROR_{name}", None) for name in names):
            return key
    return NO_ANSWER


def throttle_reasons(nvml: Any, handle: Any) -> tuple[str, ...]:
    """Keys of what holds the clock of a GPU down now, each once; an idle GPU gives none. Raises NVMLError."""
    bits = int(nvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle))
    named = ((getattr(nvml, f"nvmlClocksThrottleReason{name}", 0), key) for name, key in _REASONS.items())
    return tuple(dict.fromkeys(key for bit, key in named if bits & bit))


def handle_of(nvml: Any, uuid: str) -> Any:
    """The handle of the GPU, or the slice, whose UUID is `uuid` without its prefix. Raises NVMLError for none."""
    try:
        return nvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid}")
    except nvml.NVMLError:
        return nvml.nvmlDeviceGetHandleByUUID(f"MIG-{uuid}")


def find_gpus(nvml: Any) -> list[NvmlGpu]:
    """Every GPU that this process may use, counted as PyTorch counts, with every slice of a divided one in its place.

    One that does not answer is left out and keeps its number. Raises NVMLError where the driver answers nothing.
    """
    found: list[NvmlGpu] = []
    slices_before = 0
    for index, handle in _handles(nvml):
        parts = list(_slices(nvml, handle)) or [handle]
        for offset, part in enumerate(parts):
            with suppress(*refusals(nvml)):
                found.append(NvmlGpu(nvml, part, index + slices_before + offset))
        slices_before += len(parts) - 1
    return found


def _handles(nvml: Any) -> Iterator[tuple[int, Any]]:
    if os.environ.get("CUDA_VISIBLE_DEVICES") is not None:
        yield from enumerate(visible_handles(nvml))
        return
    for index in range(nvml.nvmlDeviceGetCount()):
        with suppress(nvml.NVMLError):
            yield index, nvml.nvmlDeviceGetHandleByIndex(index)


def _slices(nvml: Any, handle: Any) -> Iterator[Any]:
    """The slices of a GPU that is divided; nothing for any other."""
    try:
        divided = nvml.nvmlDeviceGetMigMode(handle)[0] == 1
        most = nvml.nvmlDeviceGetMaxMigDeviceCount(handle) if divided else 0
    except nvml.NVMLError:
        return
    for index in range(most):
        with suppress(nvml.NVMLError):  # a slice that was not made
            yield nvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, index)


class NvmlGpu:
    """One GPU or slice behind NVML's `handle`, `index` as PyTorch counts. Raises NVMLError where it does not answer."""

    def __init__(self, nvml: Any, handle: Any, index: int) -> None:
        self._nvml, self._handle, self.index = nvml, handle, index
        self._board, self.is_slice = _board(nvml, handle)
        self.name = _text(nvml.nvmlDeviceGetName(handle))
        self.uuid = _text(nvml.nvmlDeviceGetUUID(handle))
        self._never = dict.fromkeys(_OF_BOARD, OF_WHOLE_GPU) if self.is_slice else {}
        self._asks: tuple[tuple[Sequence[str], Callable[[], Sequence[Any]]], ...] = (
            (("busy_percent",), self._busy),
            (("memory_used_bytes", "memory_total_bytes"), self._memory),
            (("power_w",), lambda: (nvml.nvmlDeviceGetPowerUsage(self._board) / 1e3,)),
            (("power_limit_w",), lambda: (nvml.nvmlDeviceGetEnforcedPowerLimit(self._board) / 1e3,)),
            (("temperature_c",), self._temperature),
            (("sm_clock_mhz",), lambda: (int(nvml.nvmlDeviceGetClockInfo(self._board, nvml.NVML_CLOCK_SM)),)),
            (("sm_clock_max_mhz",), lambda: (int(nvml.nvmlDeviceGetMaxClockInfo(self._board, nvml.NVML_CLOCK_SM)),)),
            (("memory_clock_mhz",), lambda: (int(nvml.nvmlDeviceGetClockInfo(self._board, nvml.NVML_CLOCK_MEM)),)),
            (("throttle",), lambda: (throttle_reasons(nvml, self._board),)),
            (TRAFFIC, self._pcie),
            (("processes",), lambda: (tuple(self._processes()),)),
            (("energy_j",), lambda: (nvml.nvmlDeviceGetTotalEnergyConsumption(self._board) / 1e3,)),
        )

    def read(self, wanted: Collection[str] = FIGURES) -> GpuReading:
        """The figures that are `wanted`, None with a reason where one was not told. Raises Lost."""
        values: dict[str, Any] = {}
        missing: dict[str, str] = {}
        for figures, ask in self._asks:
            if not any(figure in wanted for figure in figures):
                continue
            why = self._never.get(figures[0], "")
            if not why:
                try:
                    values.update(zip(figures, ask(), strict=True))
                except refusals(self._nvml) as error:
                    why = reason(self._nvml, error)
            if why == GONE:
                raise Lost(self.uuid)
            if why:
                missing |= dict.fromkeys(figures, why)
            if why in _FOR_EVER:
                self._never |= dict.fromkeys(figures, why)
        return GpuReading(self.index, self.name, self.uuid, **values, missing=missing)

    def _busy(self) -> tuple[float]:
        return (float(self._nvml.nvmlDeviceGetUtilizationRates(self._handle).gpu),)

    def _memory(self) -> tuple[int, int]:
        told = self._nvml.nvmlDeviceGetMemoryInfo(self._handle)
        return int(told.used), int(told.total)

    def _temperature(self) -> tuple[float]:
        return (float(self._nvml.nvmlDeviceGetTemperature(self._board, self._nvml.NVML_TEMPERATURE_GPU)),)

    def _pcie(self) -> tuple[float, float]:
        """Bytes a second sent and received; the driver tells thousands of them."""
        nvml, board = self._nvml, self._board
        sent = nvml.nvmlDeviceGetPcieThroughput(board, nvml.NVML_PCIE_UTIL_TX_BYTES)
        return 1e3 * sent, 1e3 * nvml.nvmlDeviceGetPcieThroughput(board, nvml.NVML_PCIE_UTIL_RX_BYTES)

    def _processes(self) -> Iterator[GpuProcess]:
        """Those that compute and those that draw, each once, the largest first."""
        found = {one.pid: one for one in self._nvml.nvmlDeviceGetComputeRunningProcesses(self._handle)}
        with suppress(*refusals(self._nvml)):  # a GPU that cannot draw
            found = {one.pid: one for one in self._nvml.nvmlDeviceGetGraphicsRunningProcesses(self._handle)} | found
        for one in sorted(found.values(), key=lambda one: one.usedGpuMemory or 0, reverse=True):
            yield GpuProcess(int(one.pid), self._name_of(one.pid), one.usedGpuMemory)

    def _name_of(self, pid: int) -> str:
        try:
            return PurePath(_text(self._nvml.nvmlSystemGetProcessName(pid)).replace("\\", "/")).name
        except refusals(self._nvml):  # it has ended, or belongs to somebody outside this container
            return ""


def _board(nvml: Any, handle: Any) -> tuple[Any, bool]:
    """The whole GPU behind `handle`, and whether that is only a slice of it."""
    try:
        if not nvml.nvmlDeviceIsMigDeviceHandle(handle):
            return handle, False
        return nvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(handle), True
    except nvml.NVMLError:  # a driver from before there were slices
        return handle, False


def _text(told: str | bytes) -> str:
    return told if isinstance(told, str) else told.decode(errors="replace")
