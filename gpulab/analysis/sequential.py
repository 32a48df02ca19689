"""The sequential test: after each seed, what do the pairs so far allow to be said, at a known risk of being wrong?

Whoever looks at many metrics, after every seed, and stops when one looks good, finds something almost always. So the
risk of any false "better" or "worse" in a whole comparison is fixed at 5 % beforehand and divided:

- Primary metrics share one half, the other judged metrics that vary the other half; within a half every metric of
  every arm has the same part. Figures that both arms read from the same trainings need none.
- Each (arm, metric) spends its part over the looks, from the least to the most seeds, in proportion to the square of
  the share of seeds seen: at first only large differences pass, and most is left for the end.
- A look is a t-interval of paired differences (logarithms of ratios) at the level that this look may spend. That sum of
  risks bounds the error whatever the noise, also where metrics, arms or looks depend on each other. The price: with
  noise of real runs fewer than 1 % of comparisons go wrong, where 5 % may.

"Better" and "worse" stay once they are said, unless the estimate comes back into the region that counts as none.
"The same" is said where the 98 % interval lies inside that region. The interval that is shown allows for stopping at a
chance extreme. Their levels, and why, stand in `gpulab.analysis.looking`; what all this is worth was tried on simulated
comparisons in `tests/analysis/test_calibration.py`. The t-interval assumes noise without wild outliers: with them it
claims less, not more.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from gpulab.analysis import looking
from gpulab.analysis.changes import Change, Judgement, Whole, Word
from gpulab.analysis.comparability import may_compare, reasons
from gpulab.analysis.intervals import Interval, Shifts, average, relative_shifts, turned_back
from gpulab.analysis.looking import Plan
from gpulab.analysis.metrics import BY_KEY, METRICS, Metric
from gpulab.analysis.observations import Observation, pairs
from gpulab.spec.comparison import Arm, Comparison

ERROR = 0.05
"""The risk of any false "better" or "worse" in a whole comparison."""

_ENDED_BADLY = frozenset(("stopped", "failed", "vanished", "diverged"))

Pair = tuple[Observation, Observation]


def judge(comparison: Comparison, observations: Sequence[Observation]) -> Judgement:
    """What the observations say about each arm; never raises, however few or odd they are."""
    seen = list(observations)
    errors = errors_of(comparison)
    changes: list[Change] = []
    open_: list[tuple[str, str]] = []
    incomparable: list[tuple[str, str]] = []
    for arm in comparison.arms[1:]:
        both = pairs(seen, comparison.baseline.key, arm.key)
        because = reasons(one for pair in both for one in pair)
        incomparable += [(arm.key, key) for key in because]
        for metric in METRICS:
            if not may_compare(metric, because) or (both and not _told(metric, both)):
                continue
            alone = errors.get((arm.key, metric.key), ERROR)  # shown beside, no word is given on it
            change = _change(comparison, arm, metric, both, alone)
            changes += [change] if change else []
            if metric.judged and not (change and change.decided):
                open_.append((arm.key, metric.key))
    return Judgement(
        baseline=comparison.baseline.key,
        changes=tuple(changes),
        wholes={arm.key: whole([one for one in changes if one.arm == arm.key]) for arm in comparison.arms[1:]},
        undecided=tuple(open_),
        looks=_looks(comparison, changes),
        left_out=tuple((one.arm, one.seed, one.state) for one in seen if one.state in _ENDED_BADLY),
        incomparable=tuple(incomparable),
        unfair=tuple((one.arm, one.seed, one.unfair) for one in seen if one.unfair and one.state == "done"),
    )


def errors_of(comparison: Comparison) -> dict[tuple[str, str], float]:
    """How much of `ERROR` each (arm, metric) that is tested may spend; fixed before anything is seen."""
    tested = [
        (arm.key, metric)
        for arm in comparison.arms[1:]
        for metric in METRICS
        if metric.judged and not metric.exact and not _shared(comparison, arm, metric)
    ]
    groups = [[pair for pair in tested if pair[1].primary is primary] for primary in (True, False)]
    groups = [group for group in groups if group]
    return {(arm, metric.key): ERROR / len(groups) / len(group) for group in groups for arm, metric in group}


def _shared(comparison: Comparison, arm: Arm, metric: Metric) -> bool:
    """Whether both arms read this figure from the very same trainings."""
    base = comparison.baseline
    return not metric.of_model and (arm.runs_of or arm.key) == (base.runs_of or base.key)


def whole(changes: Sequence[Change]) -> Whole:
    """The word for an arm, from its judged changes.

    Mixed where something is better and something worse. Otherwise too few as long as what the comparison is about (a
    primary metric) is open or missing; else what is decided speaks for the arm, and it is the same only if all is.
    """
    judged = [change for change in changes if BY_KEY[change.metric].judged]
    words = {change.word for change in judged}
    if {"better", "worse"} <= words:
        return "mixed"
    primary = {change.word for change in judged if BY_KEY[change.metric].primary}
    if not primary or "too_few" in primary:
        return "too_few"
    decided: tuple[Whole, ...] = ("better", "worse", "too_few")
    return next((word for word in decided if word in words), "same")


def _told(metric: Metric, both: Sequence[Pair]) -> bool:
    """Whether any run says anything about `metric`."""
    return any(metric.key in one.figures for pair in both for one in pair)


def _looks(comparison: Comparison, changes: Iterable[Change]) -> int:
    most = max((change.pairs for change in changes), default=0)
    if comparison.question == "runs":
        return int(most > 0)
    return max(0, most - comparison.rules.least_seeds + 1)


def _change(comparison: Comparison, arm: Arm, metric: Metric, both: Sequence[Pair], error: float) -> Change | None:
    """How `arm` differs in `metric`; None where no pair tells."""
    used = list(_usable(metric, both))
    if not used:
        return None
    base, value = ([one.figures[metric.key] for one in side] for side in zip(*used, strict=True))
    region = metric.region(comparison.rules)
    shifts = relative_shifts(base, value)
    if metric.exact or _shared(comparison, arm, metric):
        interval = _exact_interval(shifts)
        word, detectable = _compared(metric, interval.value, region), 0.0
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


def plan_for(comparison: Comparison, count: int, error: float) -> Plan:
    """When a metric that may err by `error` is looked at; runs that were there before are looked at once, all."""
    if comparison.question == "runs":
        return Plan(count, count, error)
    rules = comparison.rules
    return Plan(rules.least_seeds, rules.most_seeds, error)


def _exact_interval(shifts: Shifts) -> Interval:
    """The mean change and its smallest and largest: one value where it does not vary, as it should not."""
    changes = [shifts.change(shift) for shift in shifts.values]
    return Interval(shifts.change(average(shifts.values)), min(changes), max(changes))


def _compared(metric: Metric, change: float, region: float) -> Word:
    """The word for a change without chance in it."""
    if math.isnan(change):
        return "too_few"
    return "same" if abs(change) <= region else _direction(metric, change > 0.0)


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
