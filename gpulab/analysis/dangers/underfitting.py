"""Underfitting: half of the training is over, and the model knows next to nothing, of its own training text either."""

from __future__ import annotations

import math

from gpulab.analysis.dangers.danger import Danger, Detector, Try
from gpulab.analysis.dangers.evidence import Evidence
from gpulab.analysis.dangers.reading import level, over, rate_times

_GUESSING, _HIGH, _FLAT, _APART = 0.97, 0.70, 0.02, 0.10
_USUAL_RATE = 1e-3


def _look(evidence: Evidence) -> Danger | None:
    looks, train = evidence.points("val_loss").known, level(evidence)
    if len(looks) < 2 or train is None or evidence.vocab_size < 2:
        return None
    if not over(evidence) and evidence.step < evidence.steps / 2:
        return None
    guess = math.log(evidence.vocab_size)
    step, now = looks[-1]
    earlier = next((loss for at, loss in reversed(looks) if at <= step / 2), looks[0][1])
    figures = {"step": step, "now": round(now, 3), "train": round(train, 3), "guess": round(guess, 3)}
    if train >= _GUESSING * guess and now >= _GUESSING * guess:
        return Danger("learned_nothing", "danger", step, figures, "val_loss", _tries(evidence))
    fell = 1.0 - now / earlier
    if now >= _HIGH * guess and fell < _FLAT and abs(now - train) < _APART * now:
        percent = {"percent": round(100.0 * max(0.0, fell), 1)}
        return Danger("underfitting", "warning", step, figures | percent, "val_loss", _tries(evidence))
    return None


def _tries(evidence: Evidence) -> tuple[Try, ...]:
    rate = evidence.setting("training.learning_rate")
    if not isinstance(rate, int | float):
        return ()
    other = rate_times(evidence, 0.1 if rate > _USUAL_RATE else 10.0)
    steps = 2 * evidence.steps
    return (*other, Try("try_more_steps", {"training.steps": steps}, {"steps": steps}))


UNDERFITTING = Detector(
    name="underfitting",
    label="Underfitting",
    measured="Training and validation loss beside the loss of blind guessing, the logarithm of the vocabulary.",
    threshold="After half of the steps: both at 97 % of blind guessing or more; or at 70 %, within 10 % of each other, "
    "and fallen by less than 2 % since half as many steps.",
    why="A model that only knows how frequent each piece is already gets to about three quarters of blind guessing for "
    "letters of English: what rests there has learned no order of the text.",
    source="Karpathy: A Recipe for Training Neural Networks (2019): the loss at the start is -log(1/n_classes)",
    look=_look,
)
