"""How long steps wait for their text, read at every step by two looks at a clock: what a person pays for idle cores."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from typing import Literal

from gpulab.events.documents import SeriesDeclared

DATA_SHARE = SeriesDeclared(key="data_share", label="Waiting for text", unit="share", better="lower")
EXCHANGE_SHARE = SeriesDeclared(key="exchange_share", label="Waiting for gradients", unit="share", better="lower")

_NOTHING = nullcontext()


class DataClock:
    """The phases of a step while nobody profiles: adds up the seconds of `data`, and lets all others pass."""

    def __init__(self) -> None:
        self._since = self._seconds = 0.0

    def __call__(self, name: str) -> AbstractContextManager[object]:
        """One phase."""
        return self if name == "data" else _NOTHING

    def __enter__(self) -> None:
        self._since = time.perf_counter()

    def __exit__(self, *_: object) -> Literal[False]:
        self._seconds += time.perf_counter() - self._since
        return False

    def take(self) -> float:
        """Seconds since this was last asked."""
        seconds, self._seconds = self._seconds, 0.0
        return seconds
