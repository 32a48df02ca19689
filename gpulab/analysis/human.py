"""Loss in units that mean something to anybody: guesses out of a hundred, and training time left out.

Both are said only where the comparison is sure that quality changed, and where the figures carry them.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from typing import Literal

import msgspec

from gpulab.analysis.changes import Judgement
from gpulab.analysis.curve import Curve, last_above
from gpulab.analysis.intervals import Interval
from gpulab.analysis.numerals import count, duration
from gpulab.analysis.saying import Saying
from gpulab.spec.problem import Argument

Unit = Literal["character", "byte", "piece"]
"""What a model guesses next: that depends on its tokenizer."""

_OUT_OF = (100, 1000, 10_000)


class Guesses(msgspec.Struct, frozen=True):
    """How many of `out_of` next guesses are right on both sides, and the bounds of the arm's, not rounded."""

    unit: Unit
    out_of: int
    base: int
    value: int
    low: float
    high: float


def guesses(judgement: Judgement, arm: str, unit: Unit) -> Guesses | None:
    """The next guesses of `arm` and of the baseline, both reading text in the same `unit`.

    None unless bits per byte were decided, and the share that is guessed right went the same way beyond doubt.
    """
    quality, right = judgement.of(arm, "test_bits_per_byte"), judgement.of(arm, "test_accuracy")
    if quality is None or right is None or quality.word not in ("better", "worse"):
        return None
    surely = right.low > 0 if quality.word == "better" else right.high < 0
    if not surely or not math.isfinite(right.low + right.high):
        return None
    for out_of in _OUT_OF:
        base, value = round(right.base * out_of), round(right.value * out_of)
        low, high = (min(float(out_of), right.base * (1.0 + bound) * out_of) for bound in (right.low, right.high))
        if base != value:
            return Guesses(unit, out_of, base, value, low, high)
    return None


class LeftOut(msgspec.Struct, frozen=True):
    """As if so many seconds of the baseline's training (of `whole`) had been left out, with their interval."""

    seconds: Interval
    whole: float


def training_left_out(judgement: Judgement, arm: str, curves: Mapping[int, Curve]) -> LeftOut | None:
    """How much less training would have made the baseline as much worse as `arm` is; `curves` are the baseline's.

    Each seed's own curve of validation quality is read backwards from its end, and the median is taken. The change is
    the test text's. None where `arm` is not worse, or is worse than the baseline ever was at any look.
    """
    quality = judgement.of(arm, "test_bits_per_byte")
    if quality is None or quality.word != "worse" or not math.isfinite(quality.low + quality.high):
        return None
    kept = [curve for curve in curves.values() if len(curve.values) > 1]
    found = []
    for change in (quality.change, max(0.0, quality.low), quality.high):
        moments = [last_above(curve, curve.last * (1.0 + change)) for curve in kept]
        if not kept or any(moment is None for moment in moments):
            return None
        lost = [c.seconds[-1] - moment.seconds for c, moment in zip(kept, moments, strict=True) if moment is not None]
        found.append(statistics.median(lost))
    return LeftOut(Interval(found[0], found[1], found[2]), statistics.median(curve.seconds[-1] for curve in kept))


def guessing(found: Guesses) -> Saying:
    """`It guesses the next character right 54 instead of 55 times in 100.`"""
    decimals = next((more for more in range(3) if _tells(found, more)), 3)
    arguments: dict[str, Argument] = {
        "value": count(found.value),
        "base": count(found.base),
        "low": f"{found.low:,.{decimals}f}",
        "high": f"{found.high:,.{decimals}f}",
        "out_of": count(found.out_of),
    }
    return Saying(f"guesses_{found.unit}", arguments)


def _tells(found: Guesses, decimals: int) -> bool:
    """Whether bounds with so many decimals are apart from each other and from the baseline's figure."""
    return len({round(found.low, decimals), round(found.high, decimals), float(found.base)}) == 3


def leaving_out(found: LeftOut) -> Saying:
    """`The same as 40 s less training.`"""
    figures = {
        "seconds": found.seconds.value,
        "low": found.seconds.low,
        "high": found.seconds.high,
        "whole": found.whole,
    }
    return Saying("training_left_out", {name: _roughly(figure) for name, figure in figures.items()})


def _roughly(seconds: float) -> str:
    """Two digits are what such a figure carries: `40 s`, `2 min 30 s`."""
    return duration(float(f"{seconds:.2g}"))
