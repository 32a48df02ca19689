"""How far a chart's axes reach, decided without a toolkit so that it can be tested as numbers."""

from __future__ import annotations

import math

import numpy as np

from gpulab.viewmodels.chart_spec import ChartSpec, LineSpec, Role
from gpulab.viewmodels.figures import Format
from gpulab.viewmodels.series import Floats, XAxis

__all__ = ["ChartSpec", "Format", "LineSpec", "Range", "Role", "XAxis", "clipped", "nice_step", "reach_x", "reach_y"]

Range = tuple[float, float]

PARTS = 8  # an axis grows by about an eighth of itself, so that it moves seldom


def nice_step(span: float, parts: int = PARTS) -> float:
    """The step among 1, 2, 2.5 and 5 times a power of ten that divides `span` into about `parts`."""
    if not span > 0 or not math.isfinite(span):
        return 1.0
    rough = span / parts
    power = 10.0 ** math.floor(math.log10(rough))
    return power * next(factor for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if rough <= factor * power * (1 + 1e-9))


def reach_x(last: float, log: bool, smallest: float) -> Range:
    """The horizontal range up to `last`, in axis units (log10 of them where `log`), grown in steps."""
    if log:
        low, high = math.log10(max(smallest, 1e-9)), math.log10(max(last, smallest * 1.01, 1e-9))
        return low, low + max(math.ceil((high - low) / 0.25 - 1e-9), 1) * 0.25
    if last <= 0:
        return 0.0, 1.0
    step = nice_step(last)
    return 0.0, max(math.ceil(last / step - 1e-9), 1) * step


def reach_y(low: float, high: float, log: bool, from_zero: bool) -> Range:
    """The vertical range that holds `low` to `high` (axis units) with air around it, at nice steps."""
    if from_zero and not log:
        low = min(low, 0.0)
    if high - low < 1e-12 + 1e-6 * abs(high):
        around = 0.5 if log else max(abs(high) * 0.1, 1e-9)
        low, high = (low if low == 0 and from_zero else low - around), high + around
    step = 0.05 if log and high - low < 1 else nice_step(high - low)
    air = 0.02 * (high - low)
    bottom = math.floor((low - air) / step) * step
    if low >= 0 and not log:
        bottom = max(bottom, 0.0)  # what is never negative gets no room below zero
    return bottom, math.ceil((high + air) / step) * step


def clipped(values: Floats) -> Range:
    """Where most values lie: outliers beyond twice the middle 90 % are left out."""
    low, high = np.percentile(values, (5, 95))
    air = (high - low) * 0.5
    return max(float(values.min()), float(low - air)), min(float(values.max()), float(high + air))
