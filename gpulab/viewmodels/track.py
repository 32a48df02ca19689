"""One key of one run as a line: its values without gaps, their smoothed curve, and the few points a screen needs."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gpulab.viewmodels.decimation import Bounds, buckets, envelope, samples
from gpulab.viewmodels.series import Column, Floats, RunSeries, XAxis
from gpulab.viewmodels.smoothing import Smoother

Line = tuple[Floats, Floats]
EMPTY: Line = (np.empty(0), np.empty(0))


@dataclass(frozen=True)
class Window:
    """The part of the horizontal axis on screen, `low` to `high` in the axis' own unit, over `pixels`."""

    axis: XAxis
    low: float
    high: float
    log: bool
    pixels: int

    def edges(self, pixels_each: int) -> Floats:
        """The edges of the buckets, each `pixels_each` wide, in the axis' own unit."""
        count = max(self.pixels // pixels_each, 1) + 1
        if self.log:
            return np.geomspace(self.low, self.high, count)
        return np.linspace(self.low, self.high, count)


class Track:
    """Follows one key of a `RunSeries`; `sync` takes in what is new and forgets what was superseded."""

    def __init__(self, series: RunSeries, key: str) -> None:
        self.series = series
        self.key = key
        self._rewinds = series.rewinds
        self._seen = 0
        self._rows, self._raw = Column(np.intp), Column()
        self._places: tuple[Hashable, npt.NDArray[Any]] = None, EMPTY[0]
        self._smoother = Smoother(0.0)

    def sync(self, smoothing: float) -> None:
        """Catches up with the series; a new `smoothing` weight starts the smoothed curve again from the first value."""
        if self.series.rewinds != self._rewinds:
            self._restart(smoothing)
        fresh = self._all() if self._seen == 0 else self._new()
        if smoothing != self._smoother.weight:
            self._smoother = Smoother(smoothing)
            fresh = self._raw.view
        self._smoother.extend(fresh)

    def _all(self) -> Floats:
        rows, values = self.series.points(self.key)
        rows = rows.astype(np.intp)  # numpy picks by these three times as fast as by the stored int32
        self._rows, self._raw, self._seen = Column.of(rows), Column.of(values), len(self.series)
        return values

    def _new(self) -> Floats:
        values = self.series.values(self.key)[self._seen :] if len(self.series) > self._seen else EMPTY[1]
        present = np.flatnonzero(np.isfinite(values))
        self._rows.extend(present + self._seen)
        self._raw.extend(values[present])
        self._seen += len(values)
        return values[present]

    @property
    def version(self) -> tuple[int, int, float]:
        """Changes whenever the line does."""
        return self._rewinds, len(self._raw), self._smoother.weight

    def __len__(self) -> int:
        return len(self._raw)

    @property
    def raw(self) -> Floats:
        """The values as they were measured, `(points,)`."""
        return self._raw.view

    @property
    def smoothed(self) -> Floats:
        """The smoothed values, `(points,)`."""
        return self._smoother.out.view

    def x(self, axis: XAxis) -> npt.NDArray[Any] | None:
        """Where the values lie, `(points,)`; None where the run does not know this axis."""
        across = self.series.x(axis)
        if across is None:
            return None
        if len(self._rows) == self._seen:
            return across[: self._seen]
        key = (axis, self._rewinds, len(self._raw), self.series.tokens_per_epoch)
        if key != self._places[0]:  # picking a hundred thousand rows takes as long as drawing them
            self._places = key, across[self._rows.view]
        return self._places[1]

    def index_at(self, axis: XAxis, where: float) -> int | None:
        """The newest point at or before `where`, None outside of the run."""
        across, whole = self.x(axis), self.series.x(axis)
        if across is None or whole is None or not len(across) or where > whole[-1]:
            return None
        index = int(np.searchsorted(across, where, side="right")) - 1
        return index if index >= 0 else None

    def envelope(self, window: Window, smoothed: bool = False) -> Line:
        """A line with every pixel's lowest and highest value, reaching past the window's edges."""
        return self._reduced(window, 1, envelope, self.smoothed if smoothed else self.raw)

    def curve(self, window: Window, smoothed: bool) -> Line:
        """A light line for a broad pen: a point every three pixels when smoothed, else extremes over four pixels."""
        if smoothed:
            return self._reduced(window, 3, samples, self.smoothed)
        return self._reduced(window, 4, envelope, self.raw)

    def _reduced(self, window: Window, pixels_each: int, reduce: Any, values: Floats) -> Line:
        across = self.x(window.axis)
        if across is None or not len(values):
            return EMPTY
        bounds = buckets(across, window.edges(pixels_each))
        x, y = reduce(across, values, bounds)
        return self._reaching_out(across, values, bounds, x, y)

    @staticmethod
    def _reaching_out(across: npt.NDArray[Any], values: Floats, bounds: Bounds, x: Floats, y: Floats) -> Line:
        # The neighbours just outside, so that a zoomed line runs to the edges instead of ending inside.
        before, after = int(bounds[0]) - 1, int(bounds[-1])
        if before >= 0:
            x, y = np.insert(x, 0, across[before]), np.insert(y, 0, values[before])
        if after < len(values):
            x, y = np.append(x, across[after]), np.append(y, values[after])
        return x, y

    def _restart(self, smoothing: float) -> None:
        self._rewinds = self.series.rewinds
        self._seen = 0
        self._rows, self._raw = Column(np.intp), Column()
        self._smoother = Smoother(smoothing)
