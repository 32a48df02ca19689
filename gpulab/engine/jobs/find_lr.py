"""The learning-rate finder: one short training in which every step is a little faster than the one before.

The range test of Smith, "Cyclical Learning Rates for Training Neural Networks" (2015), arXiv:1506.01186, with rates
that grow by a constant factor. It runs the experiment's own loop with the experiment's own techniques on a throw-away
model; only what techniques do to the learning rate is left out, because the sweep takes its place.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from gpulab.engine.jobs.workplace import Workplace, with_training
from gpulab.engine.loop import training_steps
from gpulab.events.documents import Suggestion, Trial
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import FindRate
from gpulab.spec.problem import Argument

KEEP = 0.7
"""Of the smoothed loss, what the next one keeps: enough to still the noise of a batch, with a lag of two steps."""

GIVEN_BACK = 0.25
"""The loss has blown up where it gave back this share of all it had gained since the first step."""

_BEYOND = 1.05  # times the first loss, and the sweep is over: nothing is learned any more
_LOST = 0.5  # of a gain that is worth its name given back, and it is over as well
_GAIN = 0.05  # of the first loss is such a gain
_SETTLED = 5  # steps that no verdict is taken from
_SLOPE_OVER = 7  # steps that a slope is fitted to
_ALL_BUT = 0.1  # of the gain is still to come where the loss has all but stopped falling
_WORTH = 0.01  # the loss must fall by this share of itself, or there was no descent


def planned(settings: FindRate) -> int:
    """One trial a step."""
    return settings.steps


def rate_at(settings: FindRate, step: int) -> float:
    """The learning rate of `step` (from 0): from the lowest to the highest by a constant factor."""
    return float(settings.lowest * (settings.highest / settings.lowest) ** (step / (settings.steps - 1)))


def measure(place: Workplace, settings: FindRate) -> None:
    """Notes learning rate, loss and smoothed loss of each step until the loss is beyond where it began."""
    steps = max(settings.steps, place.experiment.training.steps)  # techniques act as at the beginning of the training
    experiment = with_training(place.experiment, steps=steps)
    state, pipeline, batches = place.built(experiment)
    base = experiment.training.learning_rate
    pipeline.lr_factors = [lambda step, of: rate_at(settings, step) / base]
    smoothed, weight, curve = 0.0, 0.0, list[float]()
    steps_made = itertools.islice(training_steps(state, pipeline, batches), settings.steps)
    for step, (loss_there, _) in enumerate(steps_made):
        loss = loss_there.item()
        smoothed, weight = KEEP * smoothed + (1 - KEEP) * loss, KEEP * weight + 1 - KEEP
        curve.append(smoothed / weight)
        place.note({"learning_rate": rate_at(settings, step), "loss": loss, "smoothed_loss": curve[-1]})
        if not math.isfinite(loss) or _over(curve):
            return
        place.check()


def _over(curve: Sequence[float]) -> bool:
    """Whether the loss has blown up beyond doubt, so that going on would show nothing."""
    if len(curve) <= _SETTLED:
        return False
    first, lowest, last = curve[0], min(curve), curve[-1]
    return last > _BEYOND * first or (first - lowest > _GAIN * first and last > lowest + _LOST * (first - lowest))


def suggest(trials: Sequence[Trial], experiment: Experiment, settings: FindRate) -> list[Suggestion]:
    """The rate at which the loss fell most steeply, and a tenth of the rate at which it blew up.

    A small model may stop learning long before its loss blows up: the tenth is only suggested from where it still fell.
    """
    rates, losses = _curve(trials)
    if len(losses) < _SLOPE_OVER:
        return [Suggestion(key="lr_too_little")]
    lowest = int(np.argmin(losses))
    if not losses[lowest] < losses[0] * (1 - _WORTH):
        return [Suggestion(key="lr_no_descent")]
    steepest = _round(float(rates[_steepest(rates, losses, lowest)]))
    found = [Suggestion(key="lr_steepest", arguments={"rate": steepest}, changes=_taking(steepest))]
    blown_up = _blow_up(trials, rates, losses, lowest)
    if blown_up is None:
        return [*found, Suggestion(key="lr_never_blew_up", arguments={"highest": _round(float(rates[-1]))})]
    tenth = _round(blown_up / 10)
    arguments = {"rate": tenth, "blow_up": _round(blown_up)}
    if tenth > rates[_fallen(losses, lowest)]:
        return [*found, Suggestion(key="lr_blew_up_late", arguments=arguments)]
    return [*found, Suggestion(key="lr_tenth", arguments=arguments, changes=_taking(tenth))]


def _curve(trials: Sequence[Trial]) -> tuple[np.ndarray, np.ndarray]:
    kept = [trial.values for trial in trials if trial.values["smoothed_loss"] is not None]
    pairs = [(values["learning_rate"], values["smoothed_loss"]) for values in kept]
    rates, losses = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
    return rates, losses


def _steepest(rates: np.ndarray, losses: np.ndarray, lowest: int) -> int:
    """Where the smoothed loss falls most over the logarithm of the rate, before its lowest point."""
    half = _SLOPE_OVER // 2
    slopes = {
        at: np.polyfit(np.log(rates[at - half : at + half + 1]), losses[at - half : at + half + 1], 1)[0]
        for at in range(half, max(lowest, half + 1))
        if at + half < len(losses)
    }
    return min(slopes, key=lambda at: float(slopes[at]))


def _blow_up(trials: Sequence[Trial], rates: np.ndarray, losses: np.ndarray, lowest: int) -> float | None:
    """The first rate behind the lowest loss at which too much of the gain was lost; None where there is none."""
    limit = losses[lowest] + GIVEN_BACK * (losses[0] - losses[lowest])
    beyond = [at for at in range(lowest, len(losses)) if losses[at] > limit]
    if beyond:
        return float(rates[beyond[0]])
    broken = [trial.values["learning_rate"] for trial in trials if trial.values["loss"] is None]
    return broken[0] if broken else None


def _fallen(losses: np.ndarray, lowest: int) -> int:
    """Where the loss had all but stopped falling."""
    limit = losses[lowest] + _ALL_BUT * (losses[0] - losses[lowest])
    return next(at for at in range(lowest + 1) if losses[at] <= limit)


def _taking(rate: float) -> dict[str, Argument]:
    return {"training.learning_rate": rate}


def _round(rate: float) -> float:
    """Two digits: a sweep knows no more."""
    return float(f"{min(max(rate, 1e-8), 10.0):.2g}")
