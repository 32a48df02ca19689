"""A training cut short: it ends while the loss still falls fast."""

from __future__ import annotations

from statistics import median

from gpulab.analysis.dangers.danger import Danger, Detector, Try
from gpulab.analysis.dangers.evidence import Evidence
from gpulab.analysis.dangers.reading import over, rate_times, spread

_SHARE, _LEAST, _USUAL_RATE, _TURNED = 0.06, 30, 1e-3, 0.005


def _look(evidence: Evidence) -> Danger | None:
    values = [value for _, value in evidence.points("train_loss").known]
    if not over(evidence) or len(values) < _LEAST or _turned(evidence):
        return None
    tenth = len(values) // 10
    last, before = values[-tenth:], values[-3 * tenth : -2 * tenth]
    end, fell = median(last), median(before) - median(last)
    whole = values[0] - end
    noise = 3.0 * 1.25 * (spread(last) ** 2 + spread(before) ** 2) ** 0.5 / tenth**0.5
    if whole <= 0.0 or fell < _SHARE * whole or fell < noise:
        return None
    figures = {"fell": round(fell, 3), "whole": round(whole, 3), "percent": round(100.0 * fell / whole, 1)}
    return Danger("cut_short", "warning", evidence.step, figures, "train_loss", _tries(evidence))


def _turned(evidence: Evidence) -> bool:
    """Whether held-out text has nothing to gain from more steps."""
    looks = [loss for _, loss in evidence.points("val_loss").known]
    return bool(looks) and looks[-1] > (1.0 + _TURNED) * min(looks)


def _tries(evidence: Evidence) -> tuple[Try, ...]:
    steps, rate = 2 * evidence.steps, evidence.setting("training.learning_rate")
    slow = isinstance(rate, int | float) and rate < _USUAL_RATE
    longer = Try("try_more_steps", {"training.steps": steps}, {"steps": steps})
    return (longer, *(rate_times(evidence, 3.0) if slow else ()))


CUT_SHORT = Detector(
    name="cut_short",
    label="Ends too soon",
    measured="How much of all that the training loss fell it fell in the last fifth of the steps, between the medians "
    "of two tenths.",
    threshold="6 %, and three times what chance moves such medians by; not where the validation loss has turned.",
    why="A straight fall that goes on for ever would show 20 %. Runs of preset nano with its own rate and steps show "
    "1 to 2 %, with a third of that rate 4 %.",
    source="Google Research: Deep Learning Tuning Playbook (2023), deciding how long to train",
    look=_look,
)
