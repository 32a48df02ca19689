"""Learning-rate schedule (A11): how the learning rate changes while the model trains.

Every shape is a plain function of the step, with the formula of torch.optim.lr_scheduler, so that a resume needs no
state. `steps` are those after the warm-up, `step` counts from 0 among them, and the last one is `steps - 1`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Annotated, Literal

from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.problem import Problem
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique

_IN_PIECES = ("step", "restarts")
_MULTIPLIED = ("step", "exponential")
_FALLING = ("linear", "cosine", "wsd", "one_cycle", "step", "exponential", "restarts")


class ScheduleSettings(Settings, frozen=True):
    shape: Annotated[
        Literal["constant", "linear", "cosine", "wsd", "one_cycle", "step", "exponential", "restarts"],
        about(
            "Shape",
            "How the learning rate falls: not at all, in a straight line, along a cosine, late and fast, after a climb "
            "of its own, in stairs, ever more slowly, or along a cosine again and again.",
            labels={
                "constant": "Constant",
                "linear": "Linear",
                "cosine": "Cosine",
                "wsd": "Warm-up, stable, decay",
                "one_cycle": "One cycle",
                "step": "Stairs",
                "exponential": "Exponential",
                "restarts": "Cosine with restarts",
            },
        ),
    ] = "cosine"
    warmup_steps: Annotated[
        int,
        about("Warm-up", "Steps over which the learning rate climbs from zero.", unit="steps", low=0, high=10**8),
    ] = 0
    final_factor: Annotated[
        float,
        about(
            "Rate left at the end",
            "Share of the learning rate that is left at the last step; with restarts, at the end of each cosine.",
            low=0.0,
            high=1.0,
            when=("shape", _FALLING),
        ),
    ] = 0.1
    decay_share: Annotated[
        float,
        about(
            "Decay",
            "Share of the training that 'warm-up, stable, decay' spends falling.",
            low=0.01,
            high=1.0,
            when=("shape", ("wsd",)),
        ),
    ] = 0.2
    pieces: Annotated[
        int,
        about(
            "Pieces",
            "How many stairs there are, or how many cosines.",
            low=1,
            high=1000,
            when=("shape", _IN_PIECES),
        ),
    ] = 4
    growth: Annotated[
        int,
        about(
            "Growth",
            "With restarts, each cosine is so many times as long as the one before.",
            low=1,
            high=10,
            when=("shape", ("restarts",)),
        ),
    ] = 1
    climb_share: Annotated[
        float,
        about(
            "Climb",
            "Share of the training that 'one cycle' spends climbing.",
            low=0.0,
            high=1.0,
            when=("shape", ("one_cycle",)),
        ),
    ] = 0.3
    first_factor: Annotated[
        float,
        about(
            "Rate at the start",
            "Share of the learning rate that 'one cycle' begins with.",
            low=0.0,
            high=1.0,
            when=("shape", ("one_cycle",)),
        ),
    ] = 0.04


class Schedule(Technique):
    name = "schedule"
    card = "A11"
    label = "Learning-rate schedule"
    summary = "Starts with big steps and ends with small ones."
    promise = "Better convergence: fast at first, settled at the end."
    risk = "A wrong schedule diverges at the start, or stops learning too soon."
    sources = (
        "Loshchilov, Hutter: SGDR (2016), arXiv:1608.03983 (cosine, restarts)",
        "Hu et al.: MiniCPM (2024), arXiv:2404.06395 (warm-up, stable, decay)",
        "Smith, Topin: Super-Convergence (2017), arXiv:1708.07120 (one cycle)",
    )
    Settings = ScheduleSettings

    @classmethod
    def rules(cls, settings: ScheduleSettings, experiment: Experiment) -> Iterator[Problem]:
        steps = experiment.training.steps
        if settings.warmup_steps > 0 and settings.warmup_steps >= steps:
            arguments = {"warmup_steps": settings.warmup_steps, "steps": steps}
            yield Problem("warmup_too_long", "techniques.schedule.warmup_steps", arguments)
        elif settings.warmup_steps > 0 and settings.shape == "one_cycle":
            yield Problem("one_cycle_climbs_by_itself", "techniques.schedule.warmup_steps")
        if settings.shape in _MULTIPLIED and settings.final_factor == 0.0:
            yield Problem("never_falls_to_zero", "techniques.schedule.final_factor")
        needed = _units(settings) if settings.shape in _IN_PIECES else 0
        if 0 < steps - settings.warmup_steps < needed:
            left = {"needed": needed, "steps": steps - settings.warmup_steps}
            yield Problem("schedule_too_fine", "techniques.schedule.pieces", left)

    def lr_factor(self, step: int, steps: int) -> float:
        warmup = self.settings.warmup_steps
        if step < warmup:
            return float((step + 1) / (warmup + 1))
        shape = _SHAPES[self.settings.shape]
        return float(shape(self.settings, step - warmup, steps - warmup))


def _constant(settings: ScheduleSettings, step: int, steps: int) -> float:
    return 1.0


def _linear(settings: ScheduleSettings, step: int, steps: int) -> float:
    """LinearLR from 1 to the final factor."""
    return 1.0 - (1.0 - settings.final_factor) * _progress(step, steps)


def _cosine(settings: ScheduleSettings, step: int, steps: int) -> float:
    """CosineAnnealingLR."""
    return _along_cosine(1.0, settings.final_factor, _progress(step, steps))


def _wsd(settings: ScheduleSettings, step: int, steps: int) -> float:
    """Constant, then linear over the last `decay_share`."""
    into_decay = max(0.0, _progress(step, steps) - (1.0 - settings.decay_share)) / settings.decay_share
    return 1.0 - (1.0 - settings.final_factor) * into_decay


def _one_cycle(settings: ScheduleSettings, step: int, steps: int) -> float:
    """OneCycleLR with cosines: up from the first factor, then down to the final one."""
    top = settings.climb_share * steps - 1
    if step <= top:
        return _along_cosine(settings.first_factor, 1.0, step / top if top else 1.0)
    return _along_cosine(1.0, settings.final_factor, (step - top) / (steps - 1 - top))


def _step(settings: ScheduleSettings, step: int, steps: int) -> float:
    """StepLR with `pieces` equally long stairs, the last of which is the final factor."""
    if settings.pieces == 1:
        return 1.0
    return float(settings.final_factor ** (step * settings.pieces // steps / (settings.pieces - 1)))


def _exponential(settings: ScheduleSettings, step: int, steps: int) -> float:
    """ExponentialLR, with the rate of decay that ends at the final factor."""
    return float(settings.final_factor ** _progress(step, steps))


def _restarts(settings: ScheduleSettings, step: int, steps: int) -> float:
    """CosineAnnealingWarmRestarts; lengths are counted in whole numbers, so that no cycle begins a step late."""
    place, length = step * _units(settings), steps
    while place >= length:
        place -= length
        length *= settings.growth
    return _along_cosine(1.0, settings.final_factor, place / length)


_SHAPES: dict[str, Callable[[ScheduleSettings, int, int], float]] = {
    "constant": _constant,
    "linear": _linear,
    "cosine": _cosine,
    "wsd": _wsd,
    "one_cycle": _one_cycle,
    "step": _step,
    "exponential": _exponential,
    "restarts": _restarts,
}


def _units(settings: ScheduleSettings) -> int:
    """How often the first piece fits into all of them."""
    if settings.shape == "step":
        return settings.pieces
    return sum(settings.growth**piece for piece in range(settings.pieces))


def _progress(step: int, steps: int) -> float:
    """0 at the first step, 1 at the last."""
    return step / max(1, steps - 1)


def _along_cosine(begin: float, end: float, share: float) -> float:
    return end + (begin - end) * 0.5 * (1.0 + math.cos(math.pi * share))
