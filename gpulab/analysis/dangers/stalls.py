"""Stalls: steps in which the machine, not the training, stood still."""

from __future__ import annotations

from gpulab.analysis.dangers.danger import Danger, Detector
from gpulab.analysis.dangers.evidence import Evidence

_SHARE, _LEAST, _LONG_S = 0.01, 3, 10.0


def _look(evidence: Evidence) -> Danger | None:
    notice = next((one for one in evidence.happenings if one.key == "step_stalled"), None)
    since = notice.step or 0 if notice else 0
    stalled, steps = evidence.summary.get("stalled_steps"), evidence.step
    if isinstance(stalled, int) and stalled >= _LEAST and stalled > _SHARE * steps:
        figures = {"count": stalled, "steps": steps, "percent": round(100.0 * stalled / max(1, steps), 1)}
        return Danger("stalls", "warning", since, figures, "tokens_per_s")
    seconds = notice.arguments.get("seconds") if notice else None
    if isinstance(seconds, int | float) and seconds >= _LONG_S:
        return Danger("long_stall", "info", since, {"seconds": seconds, "step": since}, "tokens_per_s")
    return None


STALLS = Detector(
    name="stalls",
    label="Stalls",
    measured="Steps that took more than 10 times as long as is usual, and the first of them in seconds.",
    threshold="1 % of the steps, and 3; or one step of 10 seconds.",
    why="Such steps are left out of the speed, so that it looks better than the wait was. Below one in a hundred they "
    "are what any shared system does.",
    source="Dean, Barroso: The Tail at Scale (2013), Communications of the ACM 56(2)",
    look=_look,
)
