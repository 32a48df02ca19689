"""All that is read beside a training, behind one guard: memory, the device, energy."""

from __future__ import annotations

from contextlib import suppress

import pynvml
import torch

from gpulab.engine.probes.device_readings import DeviceReadings
from gpulab.engine.probes.energy import EnergyProbe
from gpulab.engine.probes.guard import Guard
from gpulab.engine.probes.memory import MemoryProbe
from gpulab.events.documents import SeriesDeclared
from gpulab.hardware.energy import EnergyMeter, gpu_meter, processor_meter
from gpulab.hardware.nvml import NvmlGpu, handle_of


class Probes:
    """Reads for the recorder. `device` is None where another process of the same training reads it."""

    def __init__(
        self, memory: MemoryProbe, energy: EnergyProbe, guard: Guard, device: DeviceReadings | None = None
    ) -> None:
        self._memory, self._guard, self._device = memory, guard, device
        self.energy = energy
        if device:
            device.begin()

    @property
    def series(self) -> tuple[SeriesDeclared, ...]:
        return (*self._memory.series, *(self._device.series if self._device else ()))

    def read(self) -> dict[str, float | None]:
        """What is new since the last call."""
        nothing: dict[str, float | None] = {}
        figures = self._guard.call("memory", self._memory.read, nothing)
        return figures | (self._guard.call("the device", self._device.read, nothing) if self._device else nothing)

    def peak_bytes(self) -> int | None:
        """The memory's peak, None where it could not be read."""
        return self._guard.call("memory", self._memory.peak_bytes, None)

    def hold_peak(self) -> None:
        """The peak stays as it is until it is released."""
        self._guard.call("memory", self._memory.hold_peak, None)

    def release_peak(self) -> None:
        """The peak counts from now on again."""
        self._guard.call("memory", self._memory.release_peak, None)

    def close(self) -> None:
        if self._device:
            self._device.close()


def all_probes(
    memory: MemoryProbe, places: list[torch.device], leads: bool, guard: Guard, before_j: float | None
) -> Probes:
    """The probes of a training on `places`, one for each of its processes, the first of them this one's.

    Only the process that `leads` reads devices and energy. `before_j` is what earlier workers of the run drew.
    """
    if not leads:
        return Probes(memory, EnergyProbe(EnergyMeter(), guard, None), guard)
    on_gpu = places[0].type == "cuda"
    meter = guard.call("energy", lambda: _gpus_meter(places) if on_gpu else processor_meter(), EnergyMeter())
    energy = EnergyProbe(meter, guard, before_j)

    def readings() -> DeviceReadings:
        if on_gpu:
            return DeviceReadings(_gpu(places[0]), energy.look)
        return DeviceReadings(None, energy.look, processor=processor_meter())

    return Probes(memory, energy, guard, guard.call("the device", readings, None))


def _gpus_meter(places: list[torch.device]) -> EnergyMeter:
    pynvml.nvmlInit()
    return gpu_meter(pynvml, list(dict.fromkeys(map(_uuid, places))))


def _gpu(place: torch.device) -> NvmlGpu | None:
    """What NVML calls the GPU; None where it does not know it, so that only the processor is read."""
    with suppress(pynvml.NVMLError):
        pynvml.nvmlInit()
        return NvmlGpu(pynvml, handle_of(pynvml, _uuid(place)), place.index or 0)
    return None


def _uuid(place: torch.device) -> str:
    """By its own number: torch may count devices differently."""
    return str(torch.cuda.get_device_properties(place).uuid)
