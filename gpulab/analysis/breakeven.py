"""When a variant that takes time at the start (compiling, warming up) has won it back by being faster per step.

A run's seconds begin with its first step, so they hold what is compiled there; its throughput leaves the first steps
out. What a run took beyond its steps at that throughput is therefore what its start cost.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import msgspec

from gpulab.analysis.intervals import mean
from gpulab.analysis.numerals import count, duration
from gpulab.analysis.observations import Observation, pairs
from gpulab.analysis.saying import Saying
from gpulab.spec.problem import Argument

_FEW_STEPS = 5
"""A start that is longer by no more than these steps is nothing that must be won back."""


class Pace(msgspec.Struct, frozen=True):
    """Seconds that a run's start took beyond its steps, and seconds for each token after that."""

    start: float
    per_token: float


class BreakEven(msgspec.Struct, frozen=True):
    """From how many tokens on the arm has taken less time than the baseline; infinite where never.

    `extra` are the seconds that its start took longer, `saved` those that it saves with each token; `steps` are steps
    of `tokens_per_step` tokens. `low` and `high` bound the steps over seeds (smallest and largest). `within` says
    whether the training was that long.
    """

    extra: float
    saved: float
    steps: float
    low: float
    high: float
    within: bool
    seeds: int


def pace(run: Observation) -> Pace | None:
    """A finished run's pace; None where its summary does not tell it, or it must not be compared."""
    seconds, speed = run.figures.get("train_seconds", 0.0), run.figures.get("tokens_per_s", 0.0)
    if run.unfair or not (run.tokens > 0 and seconds > 0 and speed > 0):
        return None
    return Pace(seconds - run.tokens / speed, 1.0 / speed)


def break_even(observations: list[Observation], baseline: str, arm: str, tokens_per_step: int) -> BreakEven | None:
    """When `arm` has won back what its start took longer than the baseline's.

    None where that is no question: its start took no longer, or no pair of runs tells.
    """
    ran = [(one, other) for one, other in pairs(observations, baseline, arm) if pace(one) and pace(other)]
    base, value = ([made for pair in ran if (made := pace(pair[side]))] for side in (0, 1))
    if not ran:
        return None
    extras = [other.start - one.start for one, other in zip(base, value, strict=True)]
    extra = statistics.median(extras)
    if extra < _FEW_STEPS * tokens_per_step * base[0].per_token or not _surely(extras):
        return None
    savings = [one.per_token - other.per_token for one, other in zip(base, value, strict=True)]
    saved = statistics.median(savings) if _surely(savings) else 0.0
    steps = [_steps(*one, tokens_per_step) for one in zip(extras, savings, strict=True)]
    middle = _steps(extra, saved, tokens_per_step)
    within = middle * tokens_per_step <= max(other.tokens for _, other in ran)
    return BreakEven(extra, saved, middle, min(*steps, middle), max(*steps, middle), within, len(ran))


def _surely(differences: Sequence[float]) -> bool:
    """Whether their mean lies above nothing with its whole 95 % interval; a single one is taken at its word."""
    if len(differences) < 2:
        return differences[0] > 0
    return mean(differences).low > 0


def _steps(extra: float, saved: float, tokens_per_step: int) -> float:
    if extra <= 0:
        return 0.0
    return math.ceil(extra / saved / tokens_per_step) if saved > 0 else math.inf


def saying(found: BreakEven) -> Saying:
    """From when on it pays, or that it never does."""
    if math.isinf(found.steps):
        return Saying("pays_back_never", {"extra": duration(found.extra)})
    key = "pays_back" if found.within else "pays_back_later"
    if math.isinf(found.high) or found.low == found.high:
        return Saying(key, {"extra": duration(found.extra), "steps": count(found.steps)})
    between: dict[str, Argument] = {"low": count(found.low), "high": count(found.high), "seeds": found.seeds}
    return Saying(f"{key}_between", {"extra": duration(found.extra), "steps": count(found.steps), **between})
