"""What the job "How far can I go?" measured, as doses to be followed: one answer for sentences and chart."""

from __future__ import annotations

import math
from collections.abc import Iterable

from gpulab.analysis.doses import DosePoint, Sweep, last_safe
from gpulab.spec.comparison import Rules

REGION = Rules().equal_quality / 100
"""The share of the bits per byte that counts as no loss."""


def sweep_of(measured: Iterable[tuple[float | None, float | None]]) -> Sweep | None:
    """How far the compression went, from doses and the share of bits per byte that each costs more.

    The whole model has no dose; a model whose numbers broke has no cost that could be told, and has lost all. None
    before any dose was tried.
    """
    points = [DosePoint(dose, math.inf if cost is None else cost) for dose, cost in measured if dose is not None]
    return last_safe(points, REGION)
