"""What a training drew in its `train_seconds`: pauses, evaluations and checkpoints are left out, slow steps are not."""

from __future__ import annotations

from typing import Any

from gpulab.engine.probes.guard import Guard
from gpulab.hardware.energy import EnergyMeter

_NAME = "energy"


class EnergyProbe:
    """Guards a meter. `before_j` is what earlier workers of this run drew, None where that was not measured.

    `look` may be called from another thread; what goes wrong there is told at the next call from the training's.
    """

    def __init__(self, meter: EnergyMeter, guard: Guard, before_j: float | None = 0.0) -> None:
        self._meter, self._guard, self._before_j = meter, guard, before_j
        self._error: Exception | None = None

    @property
    def measured(self) -> bool:
        return bool(self._meter.source)

    def start(self) -> None:
        self._guard.call(_NAME, self._meter.start, None)

    def stop(self) -> None:
        self._guard.call(_NAME, self._meter.stop, None)

    def look(self) -> float | None:
        """What was drawn so far by this worker; adds up power on the way, where that is how it is measured."""
        if self._error:
            return None
        try:
            return self._meter.joules
        except Exception as error:
            self._error = error
            return None

    @property
    def joules(self) -> float | None:
        """What the training drew so far, None where any part of it is not known."""
        drawn = self._guard.call(_NAME, self._joules, None)
        return None if drawn is None or self._before_j is None else self._before_j + drawn

    def figures(self, tokens: int) -> dict[str, Any]:
        """The entries of a run's summary; `tokens` are those it was trained on."""
        joules = self.joules
        return {
            "energy_joules": joules,
            "energy_source": "" if joules is None else self._meter.source,
            "joules_per_token": joules / tokens if joules is not None and tokens else None,
        }

    def _joules(self) -> float | None:
        if self._error:
            raise self._error
        return self._meter.joules
