"""What it takes to learn as much: steps, tokens, time, energy and money until an arm is as good as another one's end.

The final loss alone favours whoever trained longest. Each run of the arm must come to what the baseline's run with the
same seed ended with, or all to one quality that is given. Looks at validation text tell when.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec

from gpulab.analysis import figures
from gpulab.analysis.curve import Curve, Reach, reach
from gpulab.analysis.intervals import Interval, paired_change
from gpulab.analysis.numerals import count, duration, si
from gpulab.analysis.saying import Saying
from gpulab.spec.comparison import Rules
from gpulab.spec.problem import Argument

How = Literal["reached", "estimate", "partly", "never"]
"""All runs got there; some would have, as their curves are drawn on; some did not and do not tell; none did."""

_JOULES = 3.6e6  # in a kilowatt-hour
_HOUR = 3600.0


class Taken(msgspec.Struct, frozen=True):
    """What both sides took: medians over seeds with their 95 % intervals, and the relative change between them."""

    base: Interval
    value: Interval
    change: Interval


class Reached(msgspec.Struct, frozen=True):
    """How an arm came to `target` (median over seeds). What is not known of both sides in all seeds is None.

    `seeds` have curves on both sides, in `there` of them the arm got there (estimates among them).
    """

    how: How
    target: float
    seeds: int
    there: int
    steps: Taken | None = None
    tokens: Taken | None = None
    seconds: Taken | None = None
    joules: Taken | None = None
    money: Taken | None = None


def reached(
    base: Mapping[int, Curve],
    value: Mapping[int, Curve],
    rules: Rules,
    target: float | None = None,
    watts: Callable[[str, int], float] | None = None,
    timed: bool = True,
) -> Reached | None:
    """How the arm with the curves `value` by seed came to the quality that `base` ended with, or to `target`.

    `watts` tells what a side (`base` or `value`) drew with a seed, 0 where that was not measured: then
    `rules.watts` counts. Without `timed` (a disturbed machine) nothing is said of time and what it costs. None where no
    seed has a look on both sides.
    """
    seeds = sorted(seed for seed in base.keys() & value.keys() if base[seed].values and value[seed].values)
    if not seeds:
        return None
    targets = [base[seed].last if target is None else target for seed in seeds]
    ways = [(reach(base[seed], to), reach(value[seed], to)) for seed, to in zip(seeds, targets, strict=True)]
    both = [(one, other) for one, other in ways if one is not None and other is not None]
    there = sum(other is not None for _, other in ways)
    middle = statistics.median(targets)
    if len(both) < len(seeds):
        return Reached("partly" if there else "never", middle, len(seeds), there)
    estimated = any(one.estimate or other.estimate for one, other in both)
    power = [tuple(_power(side, seed, rules, watts) for side in ("base", "value")) for seed in seeds]

    def taken(of: Callable[[Reach, float], float]) -> Taken:
        pairs = [(of(one, p[0]), of(other, p[1])) for (one, other), p in zip(both, power, strict=True)]
        return _taken(*([pair[side] for pair in pairs] for side in (0, 1)))

    powered = timed and all(drawn > 0 for pair in power for drawn in pair)
    priced = timed and (rules.price_per_hour > 0 or (powered and rules.price_per_kwh > 0))
    return Reached(
        how="estimate" if estimated else "reached",
        target=middle,
        seeds=len(seeds),
        there=there,
        steps=taken(lambda way, _: way.steps),
        tokens=taken(lambda way, _: way.tokens),
        seconds=taken(lambda way, _: way.seconds) if timed else None,
        joules=taken(lambda way, drawn: way.seconds * drawn) if powered else None,
        money=taken(lambda way, drawn: _price(way.seconds, drawn, rules)) if priced else None,
    )


def _power(side: str, seed: int, rules: Rules, watts: Callable[[str, int], float] | None) -> float:
    return (watts(side, seed) if watts else 0.0) or rules.watts


def _price(seconds: float, watts: float, rules: Rules) -> float:
    return seconds / _HOUR * rules.price_per_hour + seconds * watts / _JOULES * rules.price_per_kwh


def _taken(base: Sequence[float], value: Sequence[float]) -> Taken:
    return Taken(_middle(base), _middle(value), paired_change(base, value))


def _middle(taken: Sequence[float]) -> Interval:
    """The median, with the t-interval of the geometric mean, which holds it for a handful of like figures."""
    middle = statistics.median(taken)
    if len(taken) < 2 or min(taken) <= 0:
        return Interval(middle, -math.inf, math.inf)
    around = paired_change([1.0] * len(taken), taken)
    return Interval(middle, min(middle, 1.0 + around.low), max(middle, 1.0 + around.high))


def sayings(found: Reached, rules: Rules) -> tuple[Saying, ...]:
    """What to say of it: the time first, or the steps where time was not compared, then what that cost."""
    if found.steps is None or found.tokens is None:
        return (Saying(f"reach_{found.how}", {"there": found.there, "seeds": found.seeds}),)
    also = "_estimate" if found.how == "estimate" else ""
    arguments: dict[str, Argument] = {
        "steps": count(found.steps.value.value),
        "base_steps": count(found.steps.base.value),
        "tokens": si(found.tokens.value.value),
        "seeds": found.seeds,
    }
    if found.seconds is None:
        key = f"reach_steps_{_direction(found.steps, 0.0)}{also}"
        return (Saying(key, {**arguments, **_changed(found.steps.change)}),)
    key = f"reach_{_direction(found.seconds, rules.equal_speed / 100.0).replace('same', 'unsure')}{also}"
    said = [Saying(key, {**arguments, **_both(found.seconds, duration), **_changed(found.seconds.change)})]
    for name, taken, write in (("energy", found.joules, _energy), ("money", found.money, figures.money)):
        if taken is not None:
            said.append(Saying(f"reach_{name}{also}", {**_both(taken, write), **_changed(taken.change)}))
    return tuple(said)


def _direction(taken: Taken, region: float) -> str:
    """Sooner or later only where the interval lies beyond what counts as no difference."""
    if taken.change.low == taken.change.high == 0.0:
        return "same"
    if taken.change.high < -region:
        return "sooner"
    return "later" if taken.change.low > region else "unsure"


def _changed(change: Interval) -> dict[str, Argument]:
    interval = figures.between(change.value, change.low, change.high)
    return {"change": figures.relative(change.value), "interval": interval}


def _both(taken: Taken, write: Callable[[float], str]) -> dict[str, Argument]:
    return {"value": write(taken.value.value), "base": write(taken.base.value)}


def _energy(joules: float) -> str:
    return si(joules, "J")
