"""In which order runs are made, and when an arm is given up: the same answer for who conducts and for who watches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gpulab.analysis.observations import State
from gpulab.spec.comparison import Comparison

ENDED: frozenset[State] = frozenset({"done", "stopped", "failed", "vanished", "diverged"})
FAILING: frozenset[State] = frozenset({"failed", "vanished", "diverged"})

_IN_A_ROW = 2
"""Seeds that fail one after the other, and the arm is not started again."""

States = Mapping[tuple[str, int], State]
"""What the run of an arm and a seed does; absent where there is none."""


def running_arms(comparison: Comparison) -> list[str]:
    """The keys of the arms that have runs; the others read those of one of these."""
    return [arm.key for arm in comparison.arms if not arm.runs_of]


def training_arms(comparison: Comparison) -> list[str]:
    """The keys of the arms that train; the others read the runs of one of these, or start from its models."""
    return [arm.key for arm in comparison.arms if not arm.runs_of and not arm.starts_from]


def in_turn(comparison: Comparison, index: int) -> list[str]:
    """The arms with runs in the order in which seed number `index` (from 0) is run: A B, B A, A B, ...

    What drifts with time (a machine that warms up) then falls on all of them alike. Arms that start from another's
    model come after all that train.
    """
    arms = [arm for arm in comparison.arms if not arm.runs_of]
    training, starting = ([arm.key for arm in arms if bool(arm.starts_from) is starts] for starts in (False, True))
    return [*training, *starting] if index % 2 == 0 else [*reversed(training), *reversed(starting)]


def given_up(arm: str, seeds: Sequence[int], states: States) -> bool:
    """Whether the runs of `arm` with the first two, or any two successive, of `seeds` failed."""
    failing = [states.get((arm, seed)) in FAILING for seed in seeds]
    return any(all(failing[at : at + _IN_A_ROW]) for at in range(len(failing) - _IN_A_ROW + 1))


def complete(arms: Sequence[str], seeds: Sequence[int], states: States) -> int:
    """For how many of `seeds` every arm that was not given up has a run that ended."""
    for number, seed in enumerate(seeds):
        if any(states.get((arm, seed)) not in ENDED and not given_up(arm, seeds[:number], states) for arm in arms):
            return number
    return len(seeds)
