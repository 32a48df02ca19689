"""A schedule too hot at the start: the first steps throw the model back behind its first guess."""

from __future__ import annotations

from gpulab.analysis.dangers.danger import Danger, Detector
from gpulab.analysis.dangers.evidence import Evidence
from gpulab.analysis.dangers.reading import rate_times, warm_up

_RISE, _LEAST_STEPS = 1.1, 10


def _look(evidence: Evidence) -> Danger | None:
    known = evidence.points("train_loss").known
    early = max(_LEAST_STEPS, evidence.steps // 10)
    begin = [(step, value) for step, value in known if step <= early]
    if len(begin) < _LEAST_STEPS or begin[0][0] > 1:
        return None  # what was resumed without its beginning says nothing of it
    first = begin[0][1]
    above = [(step, value) for step, value in begin if value > _RISE * first]
    if len(above) < 2:
        return None
    top = max(value for _, value in above)
    figures = {"first": round(first, 3), "top": round(top, 3), "steps": early, "above": len(above)}
    tries = (*warm_up(evidence), *rate_times(evidence, 0.1))
    return Danger("hot_start", "warning", above[0][0], figures, "train_loss", tries)


HOT_START = Detector(
    name="hot_start",
    label="Too hot at the start",
    measured="Steps of the first tenth of the training (at least 10) whose loss is above the first step's.",
    threshold="2 steps that are 10 % above it.",
    why="A loss falls fastest at its start; from one batch to the next it moves by 2 % there. What rises by 10 % twice "
    "was thrown back by its own steps.",
    source="Goyal et al.: Accurate, Large Minibatch SGD (2017), arXiv:1706.02677 (warm-up against early instability)",
    look=_look,
)
