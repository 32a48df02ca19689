"""How the error that a comparison may make is divided: over arms and metrics, before anything is seen."""

from __future__ import annotations

from gpulab.analysis.looking import Plan
from gpulab.analysis.metrics import METRICS, Metric
from gpulab.spec.comparison import Arm, Comparison, Rules

ERROR = 0.05
"""The risk of any false "better" or "worse" in a whole comparison."""


def certainty(rules: Rules) -> str:
    """How sure the claims of all askings together are: each had the whole risk, and risks at most add up."""
    return f"{100.0 * max(0.0, 1.0 - ERROR * (1 + len(rules.asked))):.0f} %"


def errors_of(comparison: Comparison) -> dict[tuple[str, str], float]:
    """How much of `ERROR` each (arm, metric) that is tested may spend; fixed before anything is seen."""
    tested = [
        (arm.key, metric)
        for arm in comparison.arms[1:]
        for metric in METRICS
        if metric.judged and not metric.exact and not shared(comparison, arm, metric)
    ]
    groups = [[pair for pair in tested if pair[1].primary is primary] for primary in (True, False)]
    groups = [group for group in groups if group]
    return {(arm, metric.key): ERROR / len(groups) / len(group) for group in groups for arm, metric in group}


def shared(comparison: Comparison, arm: Arm, metric: Metric) -> bool:
    """Whether both arms read this figure from the very same trainings."""
    return not metric.of_model and comparison.trained_by(arm) == comparison.trained_by(comparison.baseline)


def plan_for(comparison: Comparison, count: int, error: float) -> Plan:
    """When a metric that may err by `error` is looked at; runs that were there before are looked at once, all."""
    if comparison.question == "runs":
        return Plan(count, count, error)
    rules = comparison.rules
    return Plan(rules.least_seeds, rules.most_seeds, error)
