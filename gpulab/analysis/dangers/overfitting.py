"""Overfitting: the model gets better on the text it trains on and worse on text it does not."""

from __future__ import annotations

from gpulab.analysis.dangers.danger import Danger, Detector, Severity
from gpulab.analysis.dangers.evidence import Evidence
from gpulab.analysis.dangers.reading import level, switch_on

_RISE, _GRAVE = 0.02, 0.10
_LOOKS_AFTER = 2


def _look(evidence: Evidence) -> Danger | None:
    looks = evidence.points("val_loss").known
    if len(looks) <= _LOOKS_AFTER:
        return None
    best_step, best = min(looks, key=lambda look: look[1])
    later = [value for step, value in looks if step > best_step][-_LOOKS_AFTER:]
    if len(later) < _LOOKS_AFTER or best <= 0.0 or min(later) < best * (1.0 + _RISE):
        return None
    now, before = level(evidence), level(evidence, best_step)
    if now is None or before is None or now >= before:
        return None
    rise = later[-1] / best - 1.0
    severity: Severity = "danger" if rise >= _GRAVE else "warning"
    figures = {
        "best_step": best_step,
        "best": round(best, 3),
        "now": round(later[-1], 3),
        "percent": round(100.0 * rise, 1),
        "gap": round(later[-1] - now, 3),
    }
    tries = (
        *switch_on(evidence, "early_stopping"),
        *switch_on(evidence, "dropout"),
        *switch_on(evidence, "weight_decay"),
    )
    return Danger("overfitting", severity, best_step, figures, "val_loss", tries)


OVERFITTING = Detector(
    name="overfitting",
    label="Overfitting",
    measured="How far the validation loss of the last two looks lies above its best, while the training loss fell.",
    threshold="2 % above the best at both of the last two looks; 10 % is grave.",
    why="The windows of held-out text are the same at every look, so that chance moves their loss by less than 1 %; "
    "two looks in a row are no single bad one.",
    source="Prechelt: Early Stopping, But When? (1998): generalization loss (error above its best so far)",
    look=_look,
)
