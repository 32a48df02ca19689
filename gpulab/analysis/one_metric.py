"""One metric of one arm: from the pairs that tell it to what may be said about it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from gpulab.analysis import looking
from gpulab.analysis.changes import Change, Word
from gpulab.analysis.error_shares import plan_for, shared
from gpulab.analysis.intervals import Interval, Shifts, average, relative_shifts, turned_back
from gpulab.analysis.looking import Plan
from gpulab.analysis.metrics import Metric
from gpulab.analysis.observations import Observation
from gpulab.spec.comparison import Arm, Comparison

Pair = tuple[Observation, Observation]


def change_of(comparison: Comparison, arm: Arm, metric: Metric, both: Sequence[Pair], error: float) -> Change | None:
    """How `arm` differs in `metric`; None where no pair tells."""
    used = list(_usable(metric, both))
    if not used:
        return None
    base, value = ([one.figures[metric.key] for one in side] for side in zip(*used, strict=True))
    region = metric.region(comparison.rules)
    shifts = relative_shifts(base, value)
    if metric.exact or shared(comparison, arm, metric):
        interval = _exact_interval(shifts)
        word, detectable = _compared(metric, interval, region), 0.0
    else:
        plan = plan_for(comparison, len(used), error)
        interval = turned_back(shifts, plan.shown(len(used)))
        word, detectable = _tested(metric, shifts, plan, region)
    return Change(
        arm=arm.key,
        metric=metric.key,
        word=word,
        pairs=len(used),
        base=average(base),
        value=average(value),
        change=interval.value,
        low=interval.low,
        high=interval.high,
        detectable=detectable,
        region=region,
    )


def _usable(metric: Metric, both: Sequence[Pair]) -> Iterator[Pair]:
    """The pairs of which both sides tell `metric`, and may."""
    timed = metric.family in ("speed", "energy", "money")
    for pair in both:
        figures = [one.figures.get(metric.key, math.nan) for one in pair]
        if all(map(math.isfinite, figures)) and not (timed and any(one.unfair for one in pair)):
            yield pair


def _exact_interval(shifts: Shifts) -> Interval:
    """The mean change and its smallest and largest: one value where it does not vary, as it should not."""
    changes = [shifts.change(shift) for shift in shifts.values]
    return Interval(shifts.change(average(shifts.values)), min(changes), max(changes))


def _compared(metric: Metric, changes: Interval, region: float) -> Word:
    """The word for a change without chance in it; none where pairs disagree, as they should not."""
    if -region <= changes.low and changes.high <= region:
        return "same"
    if changes.low > region or changes.high < -region:
        return _direction(metric, changes.low > region)
    return "too_few"


def _direction(metric: Metric, rose: bool) -> Word:
    return "better" if rose == (metric.better == "higher") else "worse"


def _tested(metric: Metric, shifts: Shifts, plan: Plan, region: float) -> tuple[Word, float]:
    """The word that the pairs so far allow, and the smallest difference that they would have shown."""
    import numpy as np

    values = np.array(shifts.values)
    if not np.isfinite(values).all():
        return "too_few", math.inf
    bounds = shifts.bounds(region)
    found = int(looking.findings(values, plan, bounds)[-1])
    detectable = shifts.change(looking.detectable(values, plan, bounds))
    if found == looking.SAME:
        return "same", detectable
    if found == looking.OPEN or not metric.judged:
        return "too_few", detectable
    return _direction(metric, found == looking.UP), detectable
