"""A device that is slowed down by heat or for want of power: its speed is the cooling's, not the model's."""

from __future__ import annotations

from statistics import fmean

from gpulab.analysis.dangers.danger import Danger, Detector
from gpulab.analysis.dangers.evidence import Evidence

_SHARE, _LEAST = 0.1, 5


def _look(evidence: Evidence) -> Danger | None:
    known = evidence.points("throttled").known
    if len(known) < _LEAST or (share := fmean(value for _, value in known)) <= _SHARE:
        return None
    first = next(step for step, value in known if value > 0.0)
    heat = [value for _, value in evidence.points("temperature_c").known]
    figures = {"percent": round(100.0 * share)} | ({"celsius": round(max(heat))} if heat else {})
    return Danger("throttled_hot" if heat else "throttled", "warning", first, figures, "throttled")


THROTTLED = Detector(
    name="throttled",
    label="Slowed down by heat or power",
    measured="The share of readings at which the GPU says that heat or its power limit holds its clock down.",
    threshold="10 % of at least 5 readings: what a comparison leaves a speed out for, too.",
    why="A short dip at the start changes no result; a tenth of the time changes a speed by more than most techniques.",
    source="NVIDIA: NVML API reference, clocks event (throttle) reasons",
    look=_look,
)
