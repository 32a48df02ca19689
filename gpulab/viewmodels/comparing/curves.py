"""An arm's curve: the middle of its seeds with a band around it, in as few points as a screen can show."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from gpulab.events.reader import EVENTS
from gpulab.runs import columns
from gpulab.runs.columns import Progress
from gpulab.spec.problem import BadInput

Floats = npt.NDArray[np.float64]
Axis = Literal["step", "tokens", "seconds"]
Kind = Literal["interval", "range", "single"]
"""A 95 % interval of the mean, the lowest and highest seed, or one seed alone without a band."""

KEYS: tuple[str, ...] = ("val_loss", "train_loss", "tokens_per_s", "grad_norm")
AXES: tuple[Axis, ...] = ("step", "tokens", "seconds")
_MOST = 500
_ENOUGH = 3


@dataclass(frozen=True)
class Band:
    """The curve of one arm over `seeds` runs: `x`, `middle`, `low` and `high` are `(points,)`."""

    arm: str
    x: Floats
    middle: Floats
    low: Floats
    high: Floats
    seeds: int
    kind: Kind


@dataclass(frozen=True)
class Curve:
    """One run's values of one key along one axis, `(points,)` each."""

    x: Floats
    y: Floats


class CurveStore:
    """Reads the curves of runs, and reads one again only when it has grown. Touches the disk."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path, str, Axis], tuple[int, Curve]] = {}
        self._bands: dict[tuple[str, str, Axis], tuple[list[Curve], Band]] = {}

    def curve(self, run_dir: Path, key: str, axis: Axis, told: Progress | None = None) -> Curve | None:
        """The curve of `key` in the run at `run_dir`, None where it has none or cannot be read. Raises Cancelled."""
        size = _size(run_dir)
        known = self._known.get((run_dir, key, axis))
        if known is None or known[0] != size:
            try:
                made = _read(run_dir, key, axis, told)
            except (BadInput, OSError):
                return None
            known = self._known[run_dir, key, axis] = (size, made)
        return known[1] if len(known[1].x) else None

    def bands(
        self,
        runs: Mapping[tuple[str, int], Path],
        arms: Sequence[str],
        key: str,
        axis: Axis,
        at_work: Path | None = None,
        told: Progress | None = None,
    ) -> list[Band]:
        """The band of each arm that has a curve; `runs` are by arm and seed.

        The run `at_work` counts only where its arm has no other: it would cut the others off where it has come to.
        `told` hears which share has been read, and answers whether to go on. Raises Cancelled.
        """
        found = []
        steps = _Steps(len(runs), told)
        for arm in arms:
            mine = [path for (name, _), path in sorted(runs.items()) if name == arm]
            over = [path for path in mine if path != at_work]
            curves = [c for path in over or mine if (c := self.curve(path, key, axis, steps.next())) is not None]
            if curves:
                found.append(self._band(arm, key, axis, curves))
        return found

    def _band(self, arm: str, key: str, axis: Axis, curves: list[Curve]) -> Band:
        """The same band as before where its curves are the same: who draws it can tell that nothing changed."""
        known = self._bands.get((arm, key, axis))
        if (
            known is None
            or len(known[0]) != len(curves)
            or any(a is not b for a, b in zip(known[0], curves, strict=True))
        ):
            known = self._bands[arm, key, axis] = (curves, band(arm, curves))
        return known[1]


class _Steps:
    """Turns the progress of one run after the other into the progress of all."""

    def __init__(self, count: int, told: Progress | None) -> None:
        self._count, self._told, self._done = max(1, count), told, -1

    def next(self) -> Progress | None:
        """Who hears of the next run's progress."""
        self._done += 1
        told, done = self._told, self._done
        return None if told is None else lambda share: told((done + share) / self._count)


def band(arm: str, curves: Sequence[Curve]) -> Band:
    """The mean of `curves` where all have values, with its 95 % t-interval, or their range where they are few."""
    low, high = max(curve.x[0] for curve in curves), min(curve.x[-1] for curve in curves)
    x = _grid(curves)
    x = x[(x >= low) & (x <= high)] if low <= high else x[:0]
    table = np.array([np.interp(x, curve.x, curve.y) for curve in curves])
    middle = table.mean(axis=0)
    if len(table) >= _ENOUGH:
        from scipy.stats import t

        half = float(t.ppf(0.975, len(table) - 1)) * table.std(axis=0, ddof=1) / math.sqrt(len(table))
        return Band(arm, x, middle, middle - half, middle + half, len(table), "interval")
    kind: Kind = "range" if len(table) > 1 else "single"
    return Band(arm, x, middle, table.min(axis=0), table.max(axis=0), len(table), kind)


def _grid(curves: Sequence[Curve]) -> Floats:
    """The places of all curves together, or as many evenly spread ones as a screen can show."""
    places = np.unique(np.concatenate([curve.x for curve in curves]))
    if len(places) <= _MOST:
        return places
    return np.linspace(places[0], places[-1], _MOST)


def _read(run_dir: Path, key: str, axis: Axis, told: Progress | None) -> Curve:
    found = columns.read(run_dir, told)
    rows = found.rows(key)
    along = {"step": found.step, "tokens": found.tokens, "seconds": found.seconds}[axis]
    return _thinned(np.asarray(along[rows], np.float64), np.asarray(found.values(key), np.float64))


def _thinned(x: Floats, y: Floats) -> Curve:
    """Many points become the means of as many buckets as a screen has room for: calm, and nothing is left out."""
    keep = np.isfinite(x) & np.isfinite(y)
    x, y = x[keep], y[keep]
    if len(x) <= _MOST:
        return Curve(x, y)
    starts = np.linspace(0, len(x), _MOST + 1).astype(np.intp)[:-1]
    counts = np.diff(np.append(starts, len(x)))
    return Curve(np.add.reduceat(x, starts) / counts, np.add.reduceat(y, starts) / counts)


def _size(run_dir: Path) -> int:
    try:
        return (run_dir / EVENTS).stat().st_size
    except OSError:
        return -1
