"""Who pays: what a variant changed in each part of the test text, and which parts lost more than the text as a whole.

Slices are named `PARTITION/MEMBER` (`words/rare`, `document/Emma`); their figures are bits per byte. Many parts are
looked at, and the worst of many looks bad by chance alone: intervals hold for all parts together that may be blamed
(Bonferroni).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import msgspec

from gpulab.analysis import figures
from gpulab.analysis.intervals import Interval, relative_shifts, turned_back
from gpulab.analysis.observations import Observation, pairs
from gpulab.analysis.saying import Saying
from gpulab.spec.problem import Argument

TINY_BYTES = 1000
"""A slice with less text stands at the end of the list and is never blamed."""

_LEVEL = 0.05
_QUALITY = "test_bits_per_byte"


class SliceChange(msgspec.Struct, frozen=True):
    """What happened to one slice over `pairs` seeds: mean bits per byte of both sides, and the relative change.

    `beyond` is how much more it changed than the text as a whole. Both intervals hold for all slices together that are
    not tiny; they are open with a single pair. `tiny` slices have too little text to be told from chance.
    """

    name: str
    bytes: int
    pairs: int
    base: float
    value: float
    change: Interval
    beyond: Interval
    tiny: bool

    @property
    def pays(self) -> bool:
        """Whether it surely lost more than the text as a whole."""
        return not self.tiny and self.change.low > 0 and self.beyond.low > 0


def slices(observations: list[Observation], baseline: str, arm: str) -> tuple[SliceChange, ...]:
    """Every slice that all pairs of runs have, who pays most first, tiny ones behind the others."""
    both = [(one, other) for one, other in pairs(observations, baseline, arm) if one.slices and other.slices]
    both = [pair for pair in both if all(one.figures.get(_QUALITY, 0.0) > 0.0 for one in pair)]
    if not both:
        return ()
    names = sorted(set.intersection(*(set(run.slices) for pair in both for run in pair)))
    looked_at = sum(_size(name, both) >= TINY_BYTES for name in names) or 1
    changes = [_change(name, both, looked_at) for name in names]
    return tuple(sorted(changes, key=lambda one: (one.tiny, -one.change.value, one.name)))


def _change(name: str, both: Sequence[tuple[Observation, Observation]], looked_at: int) -> SliceChange:
    base, value = ([pair[side].slices[name][0] for pair in both] for side in (0, 1))
    whole = [math.log(other.figures[_QUALITY] / one.figures[_QUALITY]) for one, other in both]
    level = _LEVEL / looked_at
    shared = [value_ / math.exp(shift) for value_, shift in zip(value, whole, strict=True)]
    size = _size(name, both)
    return SliceChange(
        name=name,
        bytes=size,
        pairs=len(both),
        base=statistics.fmean(base),
        value=statistics.fmean(value),
        change=turned_back(relative_shifts(base, value), level),
        beyond=turned_back(relative_shifts(base, shared), level),
        tiny=size < TINY_BYTES,
    )


def _size(name: str, both: Sequence[tuple[Observation, Observation]]) -> int:
    return min(run.slices[name][1] for pair in both for run in pair)


def tellable(found: Sequence[SliceChange]) -> bool:
    """Whether anything can be told from `found`: a single pair has no interval."""
    return bool(found) and found[0].pairs >= 2


def saying(found: Sequence[SliceChange], whole: float) -> Saying | None:
    """Who pays most, beside the change of the `whole` text; or that nobody surely does. None without slices."""
    judged = [one for one in found if not one.tiny]
    if not judged:
        return None
    if not tellable(judged):
        return Saying("pays_unknown")
    payers = [one for one in judged if one.pays]
    if not payers:
        return Saying("pays_alike", {"slices": len(judged)})
    most = payers[0]
    interval = figures.between(most.change.value, most.change.low, most.change.high)
    arguments: dict[str, Argument] = {"change": figures.relative(most.change.value), "interval": interval}
    return Saying(f"pays_{kind(most.name)}", {**_member(most.name), **arguments, "whole": figures.relative(whole)})


def named(name: str) -> Saying:
    """What people call a slice."""
    return Saying(f"slice_{kind(name)}", _member(name))


def kind(name: str) -> str:
    """The part of a slice's name that its words are found by."""
    partition, _, member = name.partition("/")
    if partition == "document":
        return "documents_left" if member == "(others)" else "document"
    if partition == "speaker":
        return {"(others)": "speakers_left", "(nobody)": "nobody"}.get(member, "speaker")
    if partition in ("words", "characters", "names") and member in ("common", "rare", "between", "name", "other"):
        return f"{partition}_{member}"
    return "position" if partition == "position" else "other"


def _member(name: str) -> dict[str, Argument]:
    return {"member": name.partition("/")[2] or name}
