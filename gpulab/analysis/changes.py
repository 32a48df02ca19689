"""What a variant changed against its baseline: the values that statistics, verdicts, page and report pass on.

Changes are relative: 0.02 is two percent more than the baseline, whichever way is better.
"""

from __future__ import annotations

import math
from typing import Literal

import msgspec

Word = Literal["better", "worse", "same", "too_few"]
"""better, worse, no measurable difference, too few runs to tell."""

Whole = Literal["better", "worse", "same", "too_few", "mixed"]
"""The same for an arm as a whole."""

Because = Literal["", "early", "strict", "small"]
"""Why a change is open though its interval leaves out zero: there was no look yet, the interval that decides among so
many figures and looks is stricter than the one that is shown, or the change may be too small to count."""


class Change(msgspec.Struct, frozen=True):
    """How `arm` differs from the baseline in `metric`, over `pairs` seeds.

    `low` and `high` bound the 95 % interval of `change`; both are `change` where the metric is exact, and infinite
    where there is no interval yet. `word` may only say better or worse where the sequential test does. `detectable` is
    the smallest relative difference that this many pairs would have shown. `region` is what counts as none.
    `base` and `value` are means over the pairs, `change` is that of ratios, so that they may differ in a last digit.
    Of a metric that is not judged, no word is to be shown.
    """

    arm: str
    metric: str
    word: Word
    pairs: int
    base: float
    value: float
    change: float
    low: float
    high: float
    detectable: float
    region: float

    @property
    def decided(self) -> bool:
        return self.word != "too_few"

    @property
    def because(self) -> Because:
        """Why there is no word although the interval leaves out zero; empty where nobody would wonder."""
        if self.decided or not self.detectable or not math.isfinite(self.low + self.high):
            return ""
        if self.low <= 0.0 <= self.high:
            return ""
        if math.isinf(self.detectable):
            return "early"
        return "strict" if abs(self.change) > self.region else "small"


class Judgement(msgspec.Struct, frozen=True):
    """All changes of a comparison. `looks` counts the looks so far, `undecided` are (arm, metric) still open.

    `wholes` has the word for each arm as a whole; `left_out` names (arm, seed, state) that were never averaged in, and
    `incomparable` pairs (arm, key of the reason) of which only what is comparable was compared. `unfair` names
    (arm, seed, why) of runs that count for everything but speed, time and energy.
    """

    baseline: str
    changes: tuple[Change, ...]
    wholes: dict[str, Whole]
    undecided: tuple[tuple[str, str], ...] = ()
    looks: int = 0
    left_out: tuple[tuple[str, int, str], ...] = ()
    incomparable: tuple[tuple[str, str], ...] = ()
    unfair: tuple[tuple[str, int, str], ...] = ()

    def of(self, arm: str, metric: str) -> Change | None:
        """The change of `arm` in `metric`, or None where nothing was measured."""
        return next((one for one in self.changes if one.arm == arm and one.metric == metric), None)
