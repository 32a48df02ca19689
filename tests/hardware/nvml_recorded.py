"""NVML's answers as drivers give them, for tests on machines without a GPU: the one home of every fake NVML.

A `RecordedNvml` stands in the place of the module `pynvml`: constants and errors are the real ones, and each function
answers from a table. An answer that is a `Refusal` is raised, one that can be called is called with what follows the
handle. Change `answers`, `lost` or `present` in the middle of a test to see what becomes of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pynvml

GIB = 2**30


@dataclass
class Refusal:
    """An error code that a call gives instead of an answer."""

    code: int


NOT_SUPPORTED = Refusal(pynvml.NVML_ERROR_NOT_SUPPORTED)
NO_PERMISSION = Refusal(pynvml.NVML_ERROR_NO_PERMISSION)
LOST = Refusal(pynvml.NVML_ERROR_GPU_IS_LOST)
UNKNOWN = Refusal(pynvml.NVML_ERROR_UNKNOWN)
NO_MEMORY = Refusal(pynvml.NVML_ERROR_INSUFFICIENT_RESOURCES)


@dataclass
class RecordedGpu:
    """A GPU, or a slice with its `board`; `answers` by the call's name after `nvmlDevice`."""

    name: str
    uuid: str
    answers: dict[str, Any]
    slices: list[RecordedGpu] = field(default_factory=list)
    board: RecordedGpu | None = None
    lost: bool = False
    present: bool = True
    asked: list[str] = field(default_factory=list)

    def answer(self, call: str, *arguments: Any) -> Any:
        self.asked.append(call)
        if self.lost:
            raise pynvml.NVMLError(LOST.code)
        told = {
            "GetName": self.name,
            "GetUUID": self.uuid,
            "GetMigMode": [1, 1] if self.slices else NOT_SUPPORTED,
            "GetMaxMigDeviceCount": 7,
            "GetMigDeviceHandleByIndex": self._slice,
            "IsMigDeviceHandle": int(self.board is not None),
            "GetDeviceHandleFromMigDeviceHandle": self.board,
        } | self.answers
        value = told.get(call, NOT_SUPPORTED)
        if isinstance(value, Refusal):
            raise pynvml.NVMLError(value.code)
        return value(*arguments) if callable(value) else value

    def _slice(self, index: int) -> RecordedGpu:
        if index >= len(self.slices):
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)
        return self.slices[index]


class RecordedNvml:
    """Stands in the place of `pynvml`. `init` is an error code that beginning gives, `begun` how often it was begun."""

    def __init__(self, *gpus: RecordedGpu, init: Refusal | None = None) -> None:
        self.gpus, self.init, self.begun = list(gpus), init, 0

    def __getattr__(self, name: str) -> Any:
        if name.startswith("nvmlDevice"):
            return lambda handle, *arguments: handle.answer(name.removeprefix("nvmlDevice"), *arguments)
        return getattr(pynvml, name)

    def nvmlInit(self) -> None:
        if self.init:
            raise pynvml.NVMLError(self.init.code)
        self.begun += 1

    def nvmlShutdown(self) -> None:
        if not self.begun:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_UNINITIALIZED)
        self.begun -= 1

    def nvmlDeviceGetCount(self) -> int:
        return len(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> RecordedGpu:
        return self._there(self.gpus[index : index + 1])

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> RecordedGpu:
        everything = [one for gpu in self.gpus for one in (gpu, *gpu.slices)]
        return self._there([one for one in everything if one.uuid == uuid])

    def nvmlSystemGetProcessName(self, pid: int) -> bytes:
        if pid == os.getpid():
            return b"/usr/bin/python3.11"
        raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)

    def _there(self, found: list[RecordedGpu]) -> RecordedGpu:
        if not found or not found[0].present:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)
        if found[0].lost:
            raise pynvml.NVMLError(LOST.code)
        return found[0]


def h100(number: int = 0, **answers: Any) -> RecordedGpu:
    """A data-centre GPU at work: everything is told, and its power limit holds its clock down."""
    told: dict[str, Any] = {
        "GetUtilizationRates": SimpleNamespace(gpu=97, memory=41),
        "GetMemoryInfo": SimpleNamespace(total=80 * GIB, free=50 * GIB, used=30 * GIB),
        "GetPowerUsage": 698_412,
        "GetEnforcedPowerLimit": 700_000,
        "GetTemperature": _by({pynvml.NVML_TEMPERATURE_GPU: 64}),
        "GetClockInfo": _by({pynvml.NVML_CLOCK_SM: 1755, pynvml.NVML_CLOCK_MEM: 2619}),
        "GetMaxClockInfo": _by({pynvml.NVML_CLOCK_SM: 1980}),
        "GetCurrentClocksThrottleReasons": pynvml.nvmlClocksThrottleReasonSwPowerCap,
        "GetPcieThroughput": _by({pynvml.NVML_PCIE_UTIL_TX_BYTES: 51_000, pynvml.NVML_PCIE_UTIL_RX_BYTES: 402_000}),
        "GetComputeRunningProcesses": [
            SimpleNamespace(pid=4_000_000, usedGpuMemory=GIB),
            SimpleNamespace(pid=os.getpid(), usedGpuMemory=29 * GIB),
        ],
        "GetGraphicsRunningProcesses": [],
        "GetTotalEnergyConsumption": 5_000_000,
        "GetCudaComputeCapability": (9, 0),
    }
    return RecordedGpu("NVIDIA H100 80GB HBM3", f"GPU-00000000-0000-0000-0000-00000000000{number}", told | answers)


def old_geforce() -> RecordedGpu:
    """A consumer's GPU from before Volta under its last driver: no energy, no power, and processes without memory."""
    told: dict[str, Any] = {
        "GetUtilizationRates": SimpleNamespace(gpu=12, memory=3),
        "GetMemoryInfo": SimpleNamespace(total=2 * GIB, free=GIB, used=GIB),
        "GetTemperature": _by({pynvml.NVML_TEMPERATURE_GPU: 51}),
        "GetClockInfo": _by({pynvml.NVML_CLOCK_SM: 1058, pynvml.NVML_CLOCK_MEM: 3004}),
        "GetComputeRunningProcesses": [SimpleNamespace(pid=os.getpid(), usedGpuMemory=None)],
        "GetCudaComputeCapability": (5, 0),
        "IsMigDeviceHandle": Refusal(pynvml.NVML_ERROR_FUNCTION_NOT_FOUND),
    }
    return RecordedGpu("NVIDIA GeForce GTX 750", "GPU-75075075-0000-0000-0000-000000000000", told)


def divided_h100() -> RecordedGpu:
    """An H100 in two slices: the board tells no utilization, a slice only its memory and processes."""
    board = h100(1, GetUtilizationRates=NOT_SUPPORTED)
    for number, memory in enumerate((10, 40)):
        told = {"GetMemoryInfo": SimpleNamespace(total=memory * GIB, free=(memory - 2) * GIB, used=2 * GIB)}
        told["GetComputeRunningProcesses"] = board.answers["GetComputeRunningProcesses"][:1]
        name = f"{board.name} MIG {number + 1}g.{memory}gb"
        board.slices.append(RecordedGpu(name, f"MIG-0000000{number}-1111-1111-1111-111111111111", told, board=board))
    return board


def guarded() -> RecordedGpu:
    """A GPU in a container whose owner hides clocks, energy and other people's processes."""
    hidden = ("GetTotalEnergyConsumption", "GetPowerUsage", "GetCurrentClocksThrottleReasons")
    return h100(2, **dict.fromkeys((*hidden, "GetComputeRunningProcesses"), NO_PERMISSION))


def _by(answers: dict[int, Any]) -> Callable[[int], Any]:
    """Answers a call by which of several things it asks for."""
    return lambda which: answers[which]
