"""What the job "How far can I go?" measured, as doses to be followed: one answer for sentences and chart."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gpulab.analysis.doses import DosePoint, Sweep, last_safe
from gpulab.events.documents import Trial
from gpulab.spec.comparison import Rules

REGION = Rules().equal_quality / 100
"""The share of the bits per byte that counts as no loss."""


def sweep_of(trials: Sequence[Trial]) -> Sweep | None:
    """How far the compression went; None before any dose was tried. A model whose numbers broke has lost all."""
    return last_safe(
        [
            DosePoint(dose, math.inf if (change := trial.values["change"]) is None else change)
            for trial in trials
            if (dose := trial.values["dose"]) is not None  # the whole model has none
        ],
        REGION,
    )
