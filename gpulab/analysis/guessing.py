"""A blind test: can a room tell which of two texts the compressed model wrote, or does it only guess?"""

from __future__ import annotations

from typing import Literal

import msgspec

from gpulab.analysis.figures import share
from gpulab.analysis.numerals import places
from gpulab.analysis.saying import Saying
from gpulab.spec.problem import Argument

SURE = 0.05
"""How often mere guessing may be taken for telling apart."""

_CHANCE = 0.5

_NEAR_CHANCE = 0.55
"""A room that is right no more often would need hundreds of guesses: that is no different from mere guessing."""

Answer = Literal["told_apart", "not_told_apart", "no_better", "too_few"]


class Guessing(msgspec.Struct, frozen=True):
    """`right` of `guesses` were right; mere guessing does at least as well with probability `by_chance`.

    A decision needs `planned` of them.
    """

    right: int
    guesses: int
    planned: int
    by_chance: float

    @property
    def answer(self) -> Answer:
        if self.guesses < self.planned:
            return "too_few"
        if self.by_chance <= SURE:
            return "told_apart"
        return "not_told_apart" if self.right / self.guesses > _NEAR_CHANCE else "no_better"


def told_apart(right: int, guesses: int, planned: int = 0) -> Guessing:
    """The exact binomial test of `right` out of `guesses`, one-sided: only knowing better counts.

    The room should agree on `planned` guesses beforehand: who looks after each guess and stops when it suits finds a
    difference too often. Fewer than `fewest()` can never decide. Raises ValueError for counts that cannot be.
    """
    if not 0 <= right <= guesses:
        raise ValueError(f"{right} of {guesses} guesses cannot be right")
    return Guessing(right, guesses, max(planned, fewest()), by_chance(right, guesses))


def by_chance(right: int, guesses: int) -> float:
    """How likely mere guessing is right at least so often."""
    from scipy.stats import binomtest

    return float(binomtest(right, guesses, _CHANCE, alternative="greater").pvalue) if guesses else 1.0


def fewest() -> int:
    """The smallest number of guesses that can decide anything: all of them must be right then."""
    return next(count for count in range(1, 100) if _CHANCE**count <= SURE)


def needed(skill: float, found: float = 0.8) -> int:
    """How many guesses to plan for a room that is right with probability `skill` to be found out so often.

    Raises ValueError where the room is no better than chance: no number would do.
    """
    from scipy.stats import binom

    if not _CHANCE < skill <= 1.0:
        raise ValueError(f"a room that is right with probability {skill} cannot be told from chance")
    guesses = fewest()
    while True:
        threshold = int(binom.isf(SURE, guesses, _CHANCE)) + 1  # the fewest right ones that decide
        if float(binom.sf(threshold - 1, guesses, skill)) >= found:
            return guesses
        guesses += 1


def saying(found: Guessing) -> Saying:
    """Whether the room can tell them apart, and what is still needed to say so."""
    chance = 100.0 * found.by_chance
    arguments: dict[str, Argument] = {
        "right": found.right,
        "guesses": found.guesses,
        "chance": share(found.by_chance) if chance >= 1 else f"{chance:.{places(chance)}f} %",
        "left": max(0, found.planned - found.guesses),
    }
    if found.answer == "not_told_apart":
        arguments["needed"] = needed(found.right / found.guesses)
    return Saying(f"blind_{found.answer}", arguments)
