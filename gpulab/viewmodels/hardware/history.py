"""The last minutes of every gauge, for the strips."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from gpulab.viewmodels.hardware.gauges import Gauge, Place

SPAN_S = 120.0


class History:
    """What gauges read in the last `SPAN_S` seconds; a missing value is a gap (None)."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Place, str], deque[tuple[float, float | None]]] = {}

    def take(self, at: float, place: Place, gauges: Iterable[Gauge]) -> None:
        """Adds what `gauges` of `place` read `at` a time in seconds. A clock that was set back begins anew."""
        for gauge in gauges:
            kept = self._kept.setdefault((place, gauge.key), deque())
            if kept and kept[-1][0] > at:
                kept.clear()
            kept.append((at, gauge.value))
            while kept[0][0] < at - SPAN_S:
                kept.popleft()

    def of(self, place: Place, key: str) -> list[tuple[float, float | None]]:
        """(seconds before the newest, 0 or less; value), oldest first."""
        kept = self._kept.get((place, key), ())
        newest = kept[-1][0] if kept else 0.0
        return [(at - newest, value) for at, value in kept]
