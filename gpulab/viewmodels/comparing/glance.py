"""All changes at a glance, one column a metric: where each arm lies beside the baseline, with interval and region."""

from __future__ import annotations

import math
import statistics

import msgspec

from gpulab.analysis import figures
from gpulab.analysis.changes import Change, Judgement
from gpulab.analysis.metrics import METRICS
from gpulab.spec.comparison import Comparison
from gpulab.viewmodels.comparing.table import TONES, Tone

_WIDE = 3.0  # times the usual interval, and the region that counts as none


class Dot(msgspec.Struct, frozen=True):
    """A relative change in percent with its interval; infinite ends where there is none yet."""

    row: int
    at: float
    low: float
    high: float
    text: str
    tone: Tone


class Strip(msgspec.Struct, frozen=True):
    """One column: dots on a common scale around zero. `region` is the half width, in percent, of what counts as none.

    `good` says on which side better lies: 1 right, -1 left.
    """

    title: str
    dots: tuple[Dot, ...]
    region: float
    good: int

    @property
    def reach(self) -> float:
        """How far the scale goes on either side. An interval much wider than others is cut: it would flatten them."""
        means = [abs(dot.at) for dot in self.dots]
        ends = [max(abs(dot.low), abs(dot.high)) for dot in self.dots if math.isfinite(dot.low + dot.high)]
        usual = statistics.median(ends) if ends else 0.0
        most = max([self.region, usual, *means]) * _WIDE
        return max([self.region * 1.5, 0.1, *(end * 1.08 for end in means), *(min(end, most) * 1.08 for end in ends)])


def strips(comparison: Comparison, judgement: Judgement) -> tuple[Strip, ...]:
    """A strip for each judged metric that has a change; rows are the variants in their order."""
    found = []
    variants = [arm.key for arm in comparison.arms[1:]]
    for metric in METRICS:
        changes = [judgement.of(arm, metric.key) for arm in variants]
        dots = tuple(_dot(row, change) for row, change in enumerate(changes) if change is not None)
        if metric.judged and dots:
            region = 100.0 * metric.region(comparison.rules)
            found.append(Strip(metric.label, dots, region, 1 if metric.better == "higher" else -1))
    return tuple(found)


def _dot(row: int, change: Change) -> Dot:
    text = figures.written_change(change)
    low, high = 100.0 * change.low, 100.0 * change.high
    return Dot(row, 100.0 * change.change, low, high, text, TONES[change.word])
