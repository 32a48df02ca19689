"""What an audience is told first: the figures in which arms differ most, measured by what counts as none."""

from __future__ import annotations

from gpulab.analysis.changes import Change
from gpulab.viewmodels.comparing.snapshot import Snapshot
from gpulab.viewmodels.comparing.table import Row

_COUNT = 3


def leading_rows(snapshot: Snapshot, count: int = _COUNT) -> list[Row]:
    """Quality first, then the judged rows with the largest decided changes, in the order of the table."""
    judged = [row for row in snapshot.rows if row.judged]
    weights = {row.metric.key: _weight(snapshot, row) for row in judged}
    chosen = sorted(judged, key=lambda row: (not row.metric.primary, -weights[row.metric.key]))[:count]
    return [row for row in judged if row in chosen]


def _weight(snapshot: Snapshot, row: Row) -> float:
    changes = [one for one in snapshot.standing.judgement.changes if one.metric == row.metric.key]
    return max((_size(change) for change in changes), default=-1.0)


def _size(change: Change) -> float:
    size = abs(change.change) / max(change.region, 1e-9)
    return size if change.decided else size / 1000.0
