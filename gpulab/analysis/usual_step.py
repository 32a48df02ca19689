"""A profiled step without the profiler's own work, so that two profiles can be compared: it slows some steps more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

_BESIDES = "evaluation"  # measured beside the profiled steps, and in no step's usual seconds
_WAITING = "idle"


class UsualStep(NamedTuple):
    """Seconds by phase, and by how much the time of whatever computed was multiplied."""

    phases: Mapping[str, float]
    factor: float


def usual_step(phases: Mapping[str, float], usual_s: float | None, on_device: bool) -> UsualStep:
    """`phases` in seconds, made as long together as a step was without the profiler; `evaluation` stays.

    On a processor everything is shortened alike: each operator pays for being noted down. A GPU's kernels run as fast
    as ever and only wait longer to be started, so its idle time gives first. Without `usual_s` nothing changes.
    """
    step = {name: seconds for name, seconds in phases.items() if name != _BESIDES}
    whole = sum(step.values())
    if not usual_s or usual_s <= 0.0 or whole <= 0.0:
        return UsualStep(phases, 1.0)
    spared = min(step.get(_WAITING, 0.0), max(0.0, whole - usual_s)) if on_device else 0.0
    factor = usual_s / (whole - spared) if whole > spared else 1.0
    scaled = {name: (seconds - (spared if name == _WAITING else 0.0)) * factor for name, seconds in step.items()}
    return UsualStep({name: scaled.get(name, seconds) for name, seconds in phases.items()}, factor)
