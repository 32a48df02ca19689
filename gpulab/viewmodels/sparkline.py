"""The small curve of a table's cell: a run's losses, thinned to what a cell can show."""

from __future__ import annotations

import numpy as np

from gpulab.viewmodels.record import RunRecord
from gpulab.viewmodels.series import Floats

_SPARK_POINTS = 48


def spark(run: RunRecord) -> Floats:
    """The validation losses, or the training losses before there are two, thinned to what a cell can show."""
    for key in ("val_loss", "train_loss"):
        values = run.series.values(key)
        values = values[np.isfinite(values)]
        if len(values) > 1:
            picks = np.linspace(0, len(values) - 1, min(len(values), _SPARK_POINTS)).astype(np.intp)
            return values[picks]
    return np.empty(0)
