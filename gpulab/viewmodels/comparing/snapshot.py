"""Everything the page shows of one comparison at one moment, read and worked out in a thread of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from gpulab.analysis.changes import Whole
from gpulab.analysis.saying import Verdict
from gpulab.analysis.verdict import verdict
from gpulab.comparisons.standing import Standing, Watching
from gpulab.viewmodels.comparing.answers import extras_of
from gpulab.viewmodels.comparing.curves import Axis, Band, CurveStore
from gpulab.viewmodels.comparing.glance import Strip, strips
from gpulab.viewmodels.comparing.headline import Headline, headline
from gpulab.viewmodels.comparing.settings import Difference, differences
from gpulab.viewmodels.comparing.table import Row, rows


@dataclass(frozen=True)
class Wish:
    """Which curves are looked at."""

    key: str = "val_loss"
    axis: Axis = "step"


@dataclass(frozen=True)
class Snapshot:
    """A comparison as the page shows it. `verdicts` and `wholes` are by arm; the baseline has none."""

    standing: Standing
    headline: Headline
    rows: tuple[Row, ...]
    differences: tuple[Difference, ...]
    strips: tuple[Strip, ...]
    verdicts: Mapping[str, Verdict]
    wholes: Mapping[str, Whole]
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


class Reader:
    """Reads one comparison again and again, each time only what is new. For one thread at a time; touches the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._watching: Watching | None = None
        self._curves = CurveStore()

    def read(self, wish: Wish = Wish()) -> Snapshot:
        """How the comparison stands now. Raises BadInput where it cannot be read."""
        if self._watching is None:
            self._watching = Watching(self.folder)
        return snapshot(self._watching.read(), self._curves, wish)


def snapshot(standing: Standing, store: CurveStore, wish: Wish = Wish()) -> Snapshot:
    """The snapshot of `standing`, with curves from the runs it names."""
    comparison, judgement = standing.comparison, standing.judgement
    variants = [arm.key for arm in comparison.arms[1:]]
    verdicts = {arm: verdict(comparison, judgement, arm, extras_of(standing, arm)) for arm in variants}
    at_work = standing.current[2] if standing.current else None
    keys = [arm.key for arm in comparison.arms]
    return Snapshot(
        standing,
        headline(standing),
        rows(comparison, standing.observations, judgement),
        differences(comparison.arms, standing.experiments),
        strips(comparison, judgement),
        MappingProxyType(verdicts),
        MappingProxyType(dict(judgement.wholes)),
        wish,
        tuple(store.bands(standing.runs, keys, wish.key, wish.axis, at_work)),
    )
