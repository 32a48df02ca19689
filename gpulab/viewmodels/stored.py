"""Folds what is stored of a run into its record, a million samples as fast as one: the record is as if followed."""

from __future__ import annotations

import numpy as np

from gpulab.events.documents import Notice, RunResumed
from gpulab.runs.columns import Columns
from gpulab.viewmodels.record import RunRecord
from gpulab.viewmodels.series import RunSeries


def take_stored(record: RunRecord, stored: Columns) -> None:
    """Folds all documents of a run into `record`, which knows none of them yet."""
    done = resumes = 0
    for row, document in stored.others():
        if isinstance(document, RunResumed | Notice):  # what these change depends on the samples before them
            _take_samples(record, stored, done, row)
            done = row
        if isinstance(document, RunResumed):
            record.series = RunSeries.of(stored.until(row, resumes), record.series.tokens_per_epoch)
            resumes += 1
        record.take((document,))
    _take_samples(record, stored, done, len(stored.stored.step))
    record.series = RunSeries.of(stored, record.series.tokens_per_epoch)


def _take_samples(record: RunRecord, stored: Columns, begin: int, end: int) -> None:
    """Folds in the samples `begin` to `end` of the record, superseded ones too, as they were when they came."""
    if begin == end:
        return
    if record.state in ("starting", "preparing"):
        record.state = "training"
    raw, rows = stored.stored, slice(begin, end)
    step, seconds = raw.step[rows], raw.seconds[rows]
    reached = np.flatnonzero(step == np.maximum.accumulate(np.maximum(step, record.step)))
    if len(reached):
        newest = begin + int(reached[-1])
        record.step, record.tokens = int(raw.step[newest]), int(raw.tokens[newest])
        record.seconds = float(raw.seconds[newest])
    kept = record.pace.maxlen or 0
    record.pace.extend(zip(step[-kept:].tolist(), seconds[-kept:].tolist(), strict=True))
    for key, known in raw.keys.items():
        first, last = np.searchsorted(known.rows, (begin, end))
        values = known.values[first:last]
        if len(values):
            record.latest[key] = float(values[-1])
            for extreme in (int(values.argmin()), int(values.argmax())):
                record.note_extremes(key, float(values[extreme]), int(raw.step[known.rows[first + extreme]]))
