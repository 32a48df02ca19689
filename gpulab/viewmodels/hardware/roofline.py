"""Where the runs stand under the measured roofs: one picture, one table, and what it means, as plain values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from gpulab.analysis.figures import share
from gpulab.analysis.metrics import is_number
from gpulab.analysis.numerals import count, si
from gpulab.analysis.roofline import Bound, Formula, Point, Roof, bound, formula, point_of, roof_share, roofs_of
from gpulab.events.documents import RunStarted
from gpulab.hardware.ceilings import Ceilings
from gpulab.runs.follow import Follower
from gpulab.spec.decode import decode
from gpulab.spec.problem import Argument
from gpulab.techniques import REGISTRY, plan_of
from gpulab.viewmodels.record import RunRecord

MOST = 12
"""Runs in one picture: more would hide each other."""

_FAR_BELOW = 0.25  # of what its roof allows
_ABOVE = 1.05
_AIR_X, _AIR_Y = 0.45, 0.4  # decades

Range = tuple[float, float]
Said = tuple[str, Mapping[str, Argument]]
"""A sentence by its key, for `gpulab.words`."""


class Standing(msgspec.Struct, frozen=True):
    """One run under its roof. `roof` is None where it ran elsewhere, or in numbers of which nothing was measured.

    `ceiling_share` is the share of the roof's flat part, `allowed_share` of what its mix of work allows.
    """

    run_id: str
    name: str
    folder: Path
    color: int
    device_name: str
    point: Point
    roof: Roof | None
    mfu: float | None

    @property
    def ceiling_share(self) -> float | None:
        return self.point.flops_per_s / self.roof.flops_per_s if self.roof else None

    @property
    def allowed_share(self) -> float | None:
        return roof_share(self.point, self.roof) if self.roof else None

    @property
    def bound(self) -> Bound | None:
        return bound(self.point, self.roof) if self.roof else None


class Standings(msgspec.Struct, frozen=True):
    """The runs that can be shown, the one that is talked about first, then the newest.

    `more` are left out because there are so many, `silent` because they do not tell how much they computed.
    """

    runs: tuple[Standing, ...] = ()
    more: int = 0
    silent: int = 0


class Roofline(msgspec.Struct, frozen=True):
    """What the chart shows. Positions are log10 of operations a byte and of operations a second.

    `roofs` are the widest first; each line is its two ends and its ridge.
    """

    roofs: tuple[Roof, ...]
    x: Range
    y: Range

    def line(self, roof: Roof) -> tuple[list[float], list[float]]:
        """The slope up to the ridge, then the flat part."""
        xs = [self.x[0], math.log10(roof.ridge), self.x[1]]
        return xs, [math.log10(roof.attainable(10.0**x)) for x in xs]


def standings(records: Iterable[RunRecord], ceilings: Ceilings | None, most: int = MOST) -> Standings:
    """Where `records` stand; they come with the run that is talked about first, as the page gets them."""
    ended = [record for record in records if not record.replayed and record.summary]
    ordered = [*ended[:1], *sorted(ended[1:], key=lambda record: record.folder.name, reverse=True)]
    roofs = {roof.compute_type: roof for roof in roofs_of(ceilings)} if ceilings else {}
    device = ceilings.place.device_name if ceilings else ""
    pairs = [(record, point_of(record.name, record.summary)) for record in ordered]
    told = [(record, point) for record, point in pairs if point is not None]
    shown = tuple(_standing(record, point, roofs, device) for record, point in told[:most])
    return Standings(shown, max(0, len(told) - most), len(pairs) - len(told))


def roofline(ceilings: Ceilings, runs: Sequence[Standing]) -> Roofline:
    """The picture: wide enough for every ridge and every run that stands under one of the roofs."""
    roofs = tuple(sorted(roofs_of(ceilings), key=lambda roof: -roof.flops_per_s))
    own = [run.point for run in runs if run.roof is not None]
    xs = [math.log10(value) for value in (*(roof.ridge for roof in roofs), *(one.intensity for one in own))]
    ys = [math.log10(value) for value in (*(roof.flops_per_s for roof in roofs), *(one.flops_per_s for one in own))]
    return Roofline(roofs, (min(xs) - _AIR_X, max(xs) + _AIR_X), (min(ys) - _AIR_Y, max(ys) + _AIR_Y))


def meaning(run: Standing) -> list[Said]:
    """What a run's place says, in plain sentences: how far it comes, what limits it, where to look."""
    point, roof, allowed = run.point, run.roof, run.allowed_share
    if roof is None or allowed is None:
        return [("run_of_elsewhere", {"device": run.device_name})]
    reached = {
        "speed": si(point.flops_per_s),
        "share": share(run.ceiling_share or 0.0),
        "type": point.compute_type,
        "allowed": share(allowed),
    }
    limit = {"intensity": f"{point.intensity:.3g}", "attainable": si(roof.attainable(point.intensity))}
    said: list[Said] = [("standing_reaches", reached), (f"bound_{run.bound}", limit)]
    if allowed < _FAR_BELOW:
        said.append(("standing_far_below", {}))
    elif allowed > _ABOVE:
        said.append(("standing_above", {}))
    return said


def formula_of(run_dir: Path) -> Said | None:
    """How the operations for one token of that run come about; None where its record does not tell."""
    started = next((one for one in Follower(run_dir).poll() if isinstance(one, RunStarted)), None)
    if started is None:
        return None
    found: Formula = formula(plan_of(decode(started.experiment, REGISTRY), started.vocab_size))
    return found.key, {name: count(value) for name, value in found.arguments.items() if is_number(value)}


def _standing(record: RunRecord, point: Point, roofs: Mapping[str, Roof], device: str) -> Standing:
    mfu = record.summary.get("mfu")
    return Standing(
        run_id=record.run_id,
        name=record.name,
        folder=record.folder,
        color=record.color_index,
        device_name=record.device_name,
        point=point,
        roof=roofs.get(point.compute_type) if record.device_name == device else None,
        mfu=float(mfu) if is_number(mfu) else None,
    )
