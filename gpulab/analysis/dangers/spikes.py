"""Spikes: single steps whose loss stands far out of what the steps before it showed."""

from __future__ import annotations

from statistics import median

from gpulab.analysis.dangers.danger import Danger, Detector
from gpulab.analysis.dangers.evidence import Evidence
from gpulab.analysis.dangers.reading import rate_times, spread, switch_on

_BEFORE, _FAR, _LEAST, _STEEP = 50, 8.0, 0.05, 4.0
_MOST = 4000


def _look(evidence: Evidence) -> Danger | None:
    known = evidence.points("train_loss").known[-_MOST:]
    values = [value for _, value in known]
    found: list[tuple[int, float, float]] = []
    for place in range(_BEFORE, len(values)):
        usual = values[place - _BEFORE : place]
        if values[place] <= (1.0 + _LEAST) * min(usual):
            continue  # spares the medians: nothing that low stands out
        middle = median(usual)
        if values[place] > max((1.0 + _LEAST) * middle, middle + _FAR * spread(usual)):
            found.append((known[place][0], values[place], middle))
    if not found:
        return None
    step, value, usual_loss = max(found, key=lambda spike: spike[1] - spike[2])
    times = _steepness(evidence, step)
    figures = {
        "count": len(found),
        "step": step,
        "loss": round(value, 3),
        "usual": round(usual_loss, 3),
        "times": round(times, 1),
    }
    steep = times >= _STEEP
    tries = (*switch_on(evidence, "gradient_clipping"), *(rate_times(evidence, 0.3) if steep else ()))
    return Danger("spikes_steep" if steep else "spikes", "warning", found[0][0], figures, "train_loss", tries)


def _steepness(evidence: Evidence, step: int) -> float:
    """How many times the usual norm the gradient had at `step`; 1 where that is not known."""
    known = evidence.points("grad_norm").known
    place = next((place for place, (at, _) in enumerate(known) if at == step), 0)
    before = [value for _, value in known[max(0, place - _BEFORE) : place]]
    usual = median(before) if before else 0.0
    return known[place][1] / usual if usual > 0.0 else 1.0


SPIKES = Detector(
    name="spikes",
    label="Spikes in the loss",
    measured="Each step's training loss beside the median of the 50 before it, in spreads (their median absolute "
    "deviation times 1.48); and its gradient beside the usual one.",
    threshold="8 spreads, and 5 % of the loss; the newest 4,000 steps are looked at.",
    why="Median and deviation are not moved by the spikes themselves. 3.5 spreads are the usual mark for one figure; "
    "thousands of steps are looked at here, and steps of healthy runs reach 4.",
    source="Iglewicz, Hoaglin: How to Detect and Handle Outliers (1993), modified z-scores",
    look=_look,
)
