"""Learning-rate schedule (A11): how the learning rate changes while the model trains."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Literal

from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.problem import Problem
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique


class ScheduleSettings(Settings, frozen=True):
    shape: Annotated[
        Literal["constant", "linear", "cosine", "wsd"],
        about(
            "Shape",
            "How the learning rate falls: not at all, in a straight line, along a cosine, or late and fast.",
            labels={"constant": "Constant", "linear": "Linear", "cosine": "Cosine", "wsd": "Warm-up, stable, decay"},
        ),
    ] = "cosine"
    warmup_steps: Annotated[
        int,
        about("Warm-up", "Steps over which the learning rate climbs from zero.", unit="steps", low=0, high=10**8),
    ] = 0
    final_factor: Annotated[
        float,
        about("Rate left at the end", "Share of the learning rate that is left at the last step.", low=0.0, high=1.0),
    ] = 0.1
    decay_share: Annotated[
        float,
        about(
            "Decay",
            "Share of the training that 'warm-up, stable, decay' spends falling.",
            low=0.01,
            high=1.0,
            advanced=True,
        ),
    ] = 0.2


class Schedule(Technique):
    name = "schedule"
    card = "A11"
    label = "Learning-rate schedule"
    summary = "Starts with big steps and ends with small ones."
    promise = "Better convergence: fast at first, settled at the end."
    risk = "A wrong schedule diverges at the start, or stops learning too soon."
    sources = (
        "Loshchilov, Hutter: SGDR (2016), arXiv:1608.03983",
        "Hu et al.: MiniCPM, warm-up stable decay (2024), arXiv:2404.06395",
    )
    Settings = ScheduleSettings

    @classmethod
    def rules(cls, settings: ScheduleSettings, experiment: Experiment) -> Iterator[Problem]:
        if settings.warmup_steps > 0 and settings.warmup_steps >= experiment.training.steps:
            arguments = {
                "warmup_steps": settings.warmup_steps,
                "steps": experiment.training.steps,
            }
            yield Problem("warmup_too_long", "techniques.schedule.warmup_steps", arguments)

    def lr_factor(self, step: int, steps: int) -> float:
        """The formulas of torch.optim.lr_scheduler as a plain function, so that a resume needs no state."""
        warmup = self.settings.warmup_steps
        if step < warmup:
            return float((step + 1) / (warmup + 1))
        progress = (step - warmup) / max(1, steps - 1 - warmup)
        fall = 1.0 - self.settings.final_factor
        match self.settings.shape:
            case "constant":
                return 1.0
            case "linear":
                return float(1.0 - fall * progress)
            case "cosine":
                return float(1.0 - fall * 0.5 * (1.0 - math.cos(math.pi * progress)))
            case _:
                into_decay = max(0.0, progress - (1.0 - self.settings.decay_share)) / self.settings.decay_share
                return float(1.0 - fall * into_decay)
