"""The last minutes of every gauge, for the strips."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from gpulab.viewmodels.hardware.gauges import Gauge, Place

SPAN_S = 120.0
STEP_S = 0.5
"""A strip is a few hundred pixels wide: of what was read within this time, the newest stays."""
_BREAK_S = 5.0
"""Nothing was read for so long: nobody looked."""

Point = tuple[float, float | None, str]
"""A time in seconds, the value at it (None for a gap), and how that is written."""


class History:
    """What gauges read in the last `SPAN_S` seconds; a missing value is a gap (None)."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Place, str], deque[Point]] = {}

    def take(self, at: float, place: Place, gauges: Iterable[Gauge]) -> None:
        """Adds what `gauges` of `place` read `at` a time in seconds. A clock that was set back begins anew."""
        for gauge in gauges:
            kept = self._kept.setdefault((place, gauge.key), deque())
            if kept and kept[-1][0] > at:
                kept.clear()
            if len(kept) > 1 and at - kept[-2][0] < STEP_S:
                kept.pop()
            if kept and at - kept[-1][0] > _BREAK_S:
                kept.append((kept[-1][0], None, gauge.figure))
            kept.append((at, gauge.value, gauge.figure))
            while kept[0][0] < at - SPAN_S:
                kept.popleft()

    def of(self, place: Place, key: str) -> Sequence[Point]:
        """What was kept, oldest first."""
        return tuple(self._kept.get((place, key), ()))
