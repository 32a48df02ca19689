"""Fewer points for the same picture: a chart is a few hundred pixels wide, a history may be a million samples long."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gpulab.viewmodels.series import Floats

Bounds = npt.NDArray[np.intp]


def buckets(x: npt.NDArray[Any], edges: Floats) -> Bounds:
    """Where each bucket that holds a point starts in ascending `x`, and, as the last entry, where the last one ends.

    Bucket i holds edges[i] <= x < edges[i + 1]; the last one its right edge too. Empty buckets are left out.
    """
    if np.issubdtype(x.dtype, np.integer):
        # Searching integers for fractions would first copy the whole history to floats.
        left, right = np.ceil(edges[:-1]).astype(x.dtype), np.floor(edges[-1]).astype(x.dtype)
    else:
        left, right = edges[:-1], edges[-1]
    bounds = np.append(np.searchsorted(x, left), np.searchsorted(x, right, side="right"))
    keep = np.append(np.flatnonzero(np.diff(bounds) > 0), len(bounds) - 1)
    found: Bounds = bounds[keep]
    return found


def envelope(x: npt.NDArray[Any], y: Floats, bounds: Bounds) -> tuple[Floats, Floats]:
    """A line through each bucket's first, lowest, highest and last value, at most four points a bucket.

    It covers the same pixels as the line through every point (M4, https://doi.org/10.14778/2732951.2732953).
    """
    starts, ends = bounds[:-1], bounds[1:]
    if not len(starts):
        return np.empty(0), np.empty(0)
    whole = slice(int(bounds[0]), int(bounds[-1]))
    if whole.stop - whole.start <= 4 * len(starts):
        return x[whole].astype(np.float64), y[whole].astype(np.float64)
    inside, local = y[whole], starts - bounds[0]
    # All four stand inside their bucket, less than a pixel apart; where exactly can't be seen.
    first, last = x[starts], x[ends - 1]
    across = np.column_stack((first, first, last, last)).astype(np.float64)
    lowest, highest = np.minimum.reduceat(inside, local), np.maximum.reduceat(inside, local)
    falls = y[starts] > y[ends - 1]  # then the highest comes before the lowest, or a slope would turn into a saw
    early, late = np.where(falls, highest, lowest), np.where(falls, lowest, highest)
    up = np.column_stack((y[starts], early, late, y[ends - 1]))
    return across.ravel(), up.ravel()


def samples(x: npt.NDArray[Any], y: Floats, bounds: Bounds) -> tuple[Floats, Floats]:
    """The newest point of each bucket, and the first of all: for curves that are smooth already."""
    if len(bounds) < 2:
        return np.empty(0), np.empty(0)
    picks = np.unique(np.append(bounds[1:] - 1, bounds[0]))
    return x[picks].astype(np.float64), y[picks].astype(np.float64)
