"""What a verdict may know beside the judgement: each arm's own rate, and which of its settings could be swept."""

from __future__ import annotations

from gpulab.analysis.case import Extras
from gpulab.comparisons.standing import Standing
from gpulab.viewmodels.comparing.settings import Difference, differences


def extras_of(standing: Standing, arm: str) -> Extras:
    """The extras of `arm`."""
    experiment = standing.experiments[arm]
    dose = dose_of(standing, arm)
    return Extras(
        tuned=standing.tuned,
        learning_rate=standing.tuned.get(arm, experiment.training.learning_rate),
        steps=experiment.training.steps,
        dose=dose.path if dose else "",
        dose_label=dose.label if dose else "",
    )


def dose_of(standing: Standing, arm: str) -> Difference | None:
    """The first number in which `arm` differs from the baseline; None where it was swept already or there is none."""
    comparison = standing.comparison
    if comparison.dose:
        return None
    pair = (comparison.baseline, comparison.arm(arm))
    return next(
        (
            one
            for one in differences(pair, standing.experiments)
            if one.setting is not None and one.setting.kind in ("int", "float") and one.values[arm] is not None
        ),
        None,
    )
