"""Everything the page shows of one comparison at one moment, read and worked out in a thread of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from gpulab.analysis.case import Extras
from gpulab.analysis.changes import Judgement, Whole
from gpulab.analysis.doses import DosePoint, Sweep
from gpulab.analysis.saying import Saying, Verdict
from gpulab.analysis.verdict import verdict
from gpulab.comparisons import answers
from gpulab.comparisons.standing import Standing, Watching
from gpulab.runs.columns import Progress
from gpulab.viewmodels.comparing.curves import Axis, Band, CurveStore
from gpulab.viewmodels.comparing.glance import Strip, strips
from gpulab.viewmodels.comparing.headline import Headline, headline
from gpulab.viewmodels.comparing.paying import Paying, paying
from gpulab.viewmodels.comparing.reaching import Reaching, reaching
from gpulab.viewmodels.comparing.settings import Difference, differences
from gpulab.viewmodels.comparing.table import Row, rows


@dataclass(frozen=True)
class Wish:
    """Which curves are looked at; `instead` of validation where that has not been measured yet."""

    key: str = "val_loss"
    axis: Axis = "step"
    instead: bool = False


@dataclass(frozen=True)
class Found:
    """What follows from a judgement, worked out once for it. By arm, which the baseline is not among.

    `points` and `sweep` are of a comparison that asks how far a dose can go, `sweep_says` tells it in words.
    """

    extras: Mapping[str, Extras]
    verdicts: Mapping[str, Verdict]
    paying: Mapping[str, Paying]
    reaching: tuple[Reaching, ...]
    strips: tuple[Strip, ...]
    points: tuple[DosePoint, ...] = ()
    sweep: Sweep | None = None
    sweep_says: tuple[Saying, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """A comparison as the page shows it."""

    standing: Standing
    headline: Headline
    rows: tuple[Row, ...]
    differences: tuple[Difference, ...]
    found: Found
    wish: Wish = Wish()
    bands: tuple[Band, ...] = field(default=(), compare=False)

    @property
    def names(self) -> dict[str, str]:
        """What people call each arm."""
        return {arm.key: arm.name for arm in self.standing.comparison.arms}

    @property
    def places(self) -> dict[str, int]:
        """Each arm's lasting index, which its colour comes from."""
        return {arm.key: number for number, arm in enumerate(self.standing.comparison.arms)}

    @property
    def wholes(self) -> Mapping[str, Whole]:
        """The word for each arm as a whole."""
        return self.standing.judgement.wholes

    @property
    def verdicts(self) -> Mapping[str, Verdict]:
        return self.found.verdicts

    @property
    def strips(self) -> tuple[Strip, ...]:
        return self.found.strips


class Reader:
    """Reads one comparison again and again, each time only what is new. For one thread at a time; touches the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._watching: Watching | None = None
        self._curves = CurveStore()
        self._found: tuple[Judgement, Found] | None = None

    def read(self, wish: Wish = Wish(), told: Progress | None = None) -> Snapshot:
        """How the comparison stands now. Raises BadInput where it cannot be read.

        `told` hears which share of long records has been read, and answers whether to go on. Raises Cancelled.
        """
        if self._watching is None:
            self._watching = Watching(self.folder)
        return self.snapshot(self._watching.read(), wish, told)

    def snapshot(self, standing: Standing, wish: Wish = Wish(), told: Progress | None = None) -> Snapshot:
        """The snapshot of `standing`, with curves from the runs it names."""
        comparison, judgement = standing.comparison, standing.judgement
        at_work = standing.current[2] if standing.current else None
        keys = [arm.key for arm in comparison.arms]
        bands = tuple(self._curves.bands(standing.runs, keys, wish.key, wish.axis, at_work, told))
        if wish.key == "val_loss" and at_work is not None and not any(len(band.x) > 1 for band in bands):
            wish = Wish("train_loss", wish.axis, instead=True)
            bands = tuple(self._curves.bands(standing.runs, keys, wish.key, wish.axis, at_work, told))
        if self._found is None or self._found[0] != judgement:
            self._found = (judgement, _found(standing))
        return Snapshot(
            standing,
            headline(standing),
            rows(comparison, standing.observations, judgement),
            differences(comparison.arms, standing.experiments),
            self._found[1],
            wish,
            bands,
        )


def _found(standing: Standing) -> Found:
    comparison, judgement = standing.comparison, standing.judgement
    variants = [arm.key for arm in comparison.arms[1:]]
    extras = {arm: answers.extras_of(standing, arm) for arm in variants}
    verdicts = {arm: verdict(comparison, judgement, arm, extras[arm]) for arm in variants}
    parts = {arm: paying(extras[arm].slices, comparison.rules) for arm in variants}
    points = answers.dose_points(standing)
    sweep, says = answers.sweep_of(standing) if comparison.dose else (None, ())
    return Found(
        MappingProxyType(extras),
        MappingProxyType(verdicts),
        MappingProxyType({arm: part for arm, part in parts.items() if part is not None}),
        reaching(comparison, extras),
        strips(comparison, judgement),
        points,
        sweep,
        says,
    )
