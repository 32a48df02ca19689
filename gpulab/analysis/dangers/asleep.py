"""A schedule that is over before the training is: a rate of next to nothing changes no weight."""

from __future__ import annotations

from gpulab.analysis.dangers.danger import Danger, Detector, Try
from gpulab.analysis.dangers.evidence import Evidence

_NOTHING, _SHARE, _LEAST = 0.01, 0.2, 10


def _look(evidence: Evidence) -> Danger | None:
    known = evidence.points("learning_rate").known
    peak = max((rate for _, rate in known), default=0.0)
    since = next((step for step, rate in reversed(known) if rate >= _NOTHING * peak), 0)
    idle = known[-1][0] - since if known else 0
    if peak <= 0.0 or idle < max(_LEAST, _SHARE * evidence.steps):
        return None
    figures = {"since": since, "steps": idle, "percent": round(100.0 * idle / evidence.steps)}
    return Danger("asleep", "warning", since, figures, "learning_rate", _tries(evidence))


def _tries(evidence: Evidence) -> tuple[Try, ...]:
    if evidence.setting("techniques.schedule") is None:
        return ()
    cosine = {"techniques.schedule.shape": "cosine", "techniques.schedule.final_factor": 0.1}
    return (Try("try_cosine", cosine),)


ASLEEP = Detector(
    name="asleep",
    label="Schedule over too soon",
    measured="Steps at the end whose learning rate is below 1 % of the highest one.",
    threshold="A fifth of all steps, and 10.",
    why="A straight line to zero is that low for its last 1 %, a cosine to zero for its last 6 %: no schedule that "
    "fits its training comes near a fifth.",
    source="Defazio et al.: When, Why and How Much? Adaptive Learning Rate Scheduling by Refinement (2023), "
    "arXiv:2310.07831 (linear decay that reaches zero at the last step)",
    look=_look,
)
