"""What a device has drawn since somebody set it to zero, as a gauge that says how it is known."""

from __future__ import annotations

from gpulab.analysis.numerals import NONE, si
from gpulab.hardware.energy import Counter, EnergySource, Integral
from gpulab.hardware.readings import NOT_SUPPORTED, SECOND_LOOK
from gpulab.spec.problem import Problem
from gpulab.viewmodels.hardware.gauges import Gauge

_HOW = {
    "gpu_counter": "energy_counted_by_gpu",
    "gpu_power": "energy_added_up",
    "processor_counter": "energy_counted_by_processor",
}
_LABEL = "Energy"
_HELP = "What it drew since this page was opened, or since you set it to zero. 3.6 MJ are a kilowatt-hour."


class Drawn:
    """Joules of one device since `zero`; a counter where there is one, else its power added up over time."""

    def __init__(self) -> None:
        self.source: EnergySource = ""
        self.joules = 0.0
        self._begun_at: float | None = None
        self._at = 0.0
        self._figure = 0.0
        self._meter: Counter | Integral | None = None

    def zero(self) -> None:
        """Counts anew from the next look on."""
        self.joules, self._begun_at, self._meter = 0.0, None, None

    def rest(self) -> None:
        """Nobody looks from now on: a GPU's own counter goes on, all else begins anew at the next look."""
        if self.source != "gpu_counter":
            self.zero()

    def take(self, at: float, source: EnergySource, figure: float | None) -> None:
        """What was read `at` a time in seconds: joules, or watts where `source` is "gpu_power"; None for no answer."""
        if source != self.source:
            self.source = source
            self.zero()
        if figure is None:
            if source == "gpu_power":
                self._meter = None  # what it drew meanwhile, nobody knows
            return
        self._at, self._figure = at, figure
        if self._meter is None:
            added_up = source == "gpu_power"
            self._meter = (
                Integral(lambda: self._figure, lambda: self._at) if added_up else Counter(lambda: self._figure)
            )
        if self._begun_at is None:
            self._begun_at = at
        self.joules += self._meter.added_j()

    def gauge(self, why: str = NOT_SUPPORTED) -> Gauge:
        """As a gauge; `why` is said where the device tells nothing of the kind."""
        if not self.source or self._begun_at is None:
            return Gauge("energy", _LABEL, _HELP, None, NONE, why=SECOND_LOOK if self.source else why)
        return Gauge(
            "energy",
            _LABEL,
            _HELP,
            self.joules,
            si(round(self.joules, 1), "J"),
            during_s=self._at - self._begun_at,
            aside=Problem(_HOW[self.source]),
        )

    def _new_meter(self) -> Counter | Integral:
        if self.source == "gpu_power":
            return Integral(lambda: self._figure, lambda: self._at)
        return Counter(lambda: self._figure)
