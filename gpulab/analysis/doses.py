"""How far can I go? Of one setting at several values: the last one that costs nothing, and where quality falls off.

From the dose that costs least, doses are followed upwards and downwards: more pruning, fewer bits, a rate that is too
high and one that is too low are all found the same way.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from gpulab.analysis import figures
from gpulab.analysis.changes import Word
from gpulab.analysis.numerals import NONE, plain
from gpulab.analysis.saying import Saying
from gpulab.spec.problem import Argument

Way = Literal["up", "down"]

_CLIFF_SHARE = 0.5
"""A cliff is one step between neighbouring doses that makes at least so much of all that is lost that way."""

_CLIFF_REGIONS = 4.0
"""And so many times what counts as no difference."""


_FINEST = 2
"""Decimals of a percentage, as the table of changes writes what is no difference."""


class DosePoint(msgspec.Struct, frozen=True):
    """Quality lost at `dose`, relative to no dose (0.02 is two percent worse), with its interval where there is one.

    A loss that is not finite is a run that diverged, or a model whose numbers were beyond all bounds. `word` is what
    the sequential test says of it, where there was one: it is stricter than the interval, and it decides.
    """

    dose: float
    lost: float
    low: float = -math.inf
    high: float = math.inf
    word: Word | None = None

    def safe(self, region: float) -> bool:
        """Whether nothing that counts was lost; with a test or an interval, whether that is sure."""
        if self.word is not None:
            return self.word in ("same", "better")
        return (self.high if math.isfinite(self.high) else self.lost) <= region

    @property
    def unsure(self) -> bool:
        """Whether chance may explain what was lost; without a test or an interval nobody can say so."""
        if self.word is not None:
            return self.word == "too_few"
        return math.isfinite(self.high) and self.low <= 0.0


class Cliff(msgspec.Struct, frozen=True):
    """The steepest step between neighbouring doses: `before` it is nearer to the mild end."""

    before: DosePoint
    after: DosePoint

    @property
    def unsure(self) -> bool:
        """Whether chance may explain it: the interval behind it holds no loss at all, or what was lost before it."""
        return math.isfinite(self.after.high) and self.after.low <= max(0.0, self.before.lost)


class Side(msgspec.Struct, frozen=True):
    """What lies one way from the mildest dose: the last safe one, the first that is not, and the cliff if there is one.

    `unsafe` is None where every dose that was tried this way was safe.
    """

    way: Way
    safe: DosePoint
    unsafe: DosePoint | None
    cliff: Cliff | None


class Sweep(msgspec.Struct, frozen=True):
    """A sweep's answer: `mildest` cost least; `sides` are the ways in which other doses were tried.

    Both are empty of safe doses where even the mildest one is not safe: then `nothing_safe`.
    """

    mildest: DosePoint
    nothing_safe: bool
    sides: tuple[Side, ...]


def last_safe(points: Sequence[DosePoint], region: float) -> Sweep | None:
    """How far `points` can be followed; None without points. `region` (0.005 is half a percent) counts as nothing."""
    ordered = sorted(points, key=lambda point: point.dose)
    if not ordered:
        return None
    middle = min(range(len(ordered)), key=lambda index: (not ordered[index].safe(region), _sized(ordered[index])))
    mildest = ordered[middle]
    ways: tuple[tuple[Way, list[DosePoint]], ...] = (("down", ordered[middle::-1]), ("up", ordered[middle:]))
    sides = tuple(_side(way, along, region) for way, along in ways if len(along) > 1)
    return Sweep(mildest, not mildest.safe(region), sides)


def _sized(point: DosePoint) -> float:
    return point.lost if not math.isnan(point.lost) else math.inf


def _side(way: Way, along: Sequence[DosePoint], region: float) -> Side:
    """`along` begins with the mildest dose."""
    first_unsafe = next((index for index, point in enumerate(along) if not point.safe(region)), None)
    if first_unsafe is None:
        return Side(way, along[-1], None, _cliff(along, region))
    return Side(way, along[max(0, first_unsafe - 1)], along[first_unsafe], _cliff(along, region))


def _cliff(along: Sequence[DosePoint], region: float) -> Cliff | None:
    """The step that loses most, if it loses most of everything; a model that breaks is always one."""
    steps = list(itertools.pairwise(along))
    for before, after in steps:
        if not math.isfinite(after.lost):
            return Cliff(before, after) if math.isfinite(before.lost) else None
    before, after = max(steps, key=lambda step: step[1].lost - step[0].lost)
    drop, whole = after.lost - before.lost, max(point.lost for point in along) - along[0].lost
    return Cliff(before, after) if drop > _CLIFF_REGIONS * region and drop >= _CLIFF_SHARE * whole else None


def sayings(sweep: Sweep, label: str, unit: str = "") -> tuple[Saying, ...]:
    """What to say of the sweep of the setting called `label`, whose doses have `unit`."""

    def told(point: DosePoint) -> dict[str, Argument]:
        return {"dose": f"{dose(point.dose)} {unit}".rstrip(), "lost": lost(point)}

    limited = [(side, side.unsafe) for side in sweep.sides if side.unsafe is not None]
    if sweep.nothing_safe:
        unsure = "_unsure" if sweep.mildest.unsure else ""
        said = [Saying(f"doses_none_safe{unsure}", {"label": label, **told(sweep.mildest)})]
    elif limited:
        said = [_limit(side, unsafe, label, told) for side, unsafe in limited]
    else:
        ends = sorted({sweep.mildest.dose, *(side.safe.dose for side in sweep.sides)})
        ends = [ends[0], ends[-1]][: len(ends)]
        said = [Saying("doses_all_safe", {"label": label, "dose": f"{' to '.join(map(dose, ends))} {unit}".rstrip()})]
    for side in sweep.sides:
        if side.cliff is not None:
            before, after = told(side.cliff.before), told(side.cliff.after)
            arguments = {"before": before["dose"], "after": after["dose"], "lost_before": before["lost"]}
            how = "_unsure" if side.cliff.unsure else "" if math.isfinite(side.cliff.after.lost) else "_broken"
            said.append(Saying(f"doses_cliff{how}", {**arguments, "lost_after": after["lost"]}))
    return tuple(said)


def dose(value: float) -> str:
    """A dose as short as it can be told: 0.5, 8, 0.003."""
    return plain(value) if 0 < abs(value) < 1e-3 else f"{value:g}"


def lost(point: DosePoint) -> str:
    """What quality changed by: `+2.1 %` is worse."""
    return figures.relative(point.lost, _FINEST) if math.isfinite(point.lost) else NONE


def _limit(side: Side, unsafe: DosePoint, label: str, told: Callable[[DosePoint], dict[str, Argument]]) -> Saying:
    """How far one way is safe, and what the next dose costs."""
    beyond = told(unsafe)
    arguments = {"label": label, **told(side.safe), "next": beyond["dose"], "next_lost": beyond["lost"]}
    how = "_unsure" if unsafe.unsure else "" if math.isfinite(unsafe.lost) else "_broken"
    return Saying(f"doses_last_safe_{side.way}{how}", arguments)
