"""Who pays: how much better or worse each part of the test text got, as rows that can be drawn."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from gpulab.analysis import figures
from gpulab.analysis.saying import Saying
from gpulab.analysis.who_pays import SliceChange, named
from gpulab.spec.comparison import Rules
from gpulab.viewmodels.comparing.glance import Dot, Strip
from gpulab.viewmodels.comparing.table import Tone

_FEW = 2  # pairs: with one there is no interval


class Part(msgspec.Struct, frozen=True):
    """One part of the text: what it is called, how much text it is, and whether it surely lost more than the rest."""

    name: Saying
    bytes: int
    tiny: bool
    pays: bool


class Paying(msgspec.Struct, frozen=True):
    """All parts of one arm, the worst first, with their changes in bits per byte as a strip."""

    parts: tuple[Part, ...]
    strip: Strip


def paying(slices: Sequence[SliceChange], rules: Rules) -> Paying | None:
    """The parts of the text that `slices` tell of; None where there are none."""
    if not slices:
        return None
    region = 100.0 * rules.equal_quality / 100.0
    dots = tuple(_dot(row, one, region) for row, one in enumerate(slices))
    parts = tuple(Part(named(one.name), one.bytes, one.tiny, one.pays) for one in slices)
    return Paying(parts, Strip("Bits per byte", dots, region, -1))


def _dot(row: int, one: SliceChange, region: float) -> Dot:
    change = one.change
    text = figures.relative(change.value)
    return Dot(row, 100.0 * change.value, 100.0 * change.low, 100.0 * change.high, text, _tone(one, region))


def _tone(one: SliceChange, region: float) -> Tone:
    low, high = 100.0 * one.change.low, 100.0 * one.change.high
    if one.pairs < _FEW or one.tiny:
        return "open"
    if low > 0:
        return "bad"
    if high < 0:
        return "good"
    return "same" if -region < low and high < region else "open"
