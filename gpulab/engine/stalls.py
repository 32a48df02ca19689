"""Steps in which the machine, and not the training, stood still: they say nothing about how fast a training is.

On two threads of a busy machine a step sometimes takes 10 to 70 times as long as those around it, because one thread
waits for another whose core was taken away. A few of those, and a run's throughput is a figure of the neighbours.
"""

from __future__ import annotations

import statistics
import time
from collections import deque

FACTOR = 10.0
"""A step that takes so many times as long as usual stood still. No technique makes single steps as long as that."""

LEAST_S = 0.05
"""What takes less than so many seconds is no standstill: short steps are long now and then without any."""

_LAST = 50
_ENOUGH = 10


class Stalls:
    """Compares each step, or steps that are waited for together, with the median of those before."""

    def __init__(self) -> None:
        self._usual: deque[float] = deque(maxlen=_LAST)
        self._since = time.perf_counter()
        self._taken = (0, 0.0)
        self.steps = 0
        self.seconds = 0.0
        self.longest: tuple[float, float] | None = None

    def restart(self) -> None:
        """Lets the next step begin now: what happened since the last one was no training."""
        self._since = time.perf_counter()

    def note(self, steps: int) -> None:
        """Notes that `steps` steps were made since the last call; on a GPU, that they were waited for."""
        before, self._since = self._since, time.perf_counter()
        self.add(self._since - before, steps)

    def add(self, seconds: float, steps: int) -> None:
        """Judges `steps` steps that took `seconds` together; `longest` is (seconds, as is usual for as many)."""
        usual = statistics.median(self._usual) * steps if len(self._usual) >= _ENOUGH else float("inf")
        self._usual.append(seconds / steps)  # so that a training which goes on slower is believed
        if seconds < max(LEAST_S, FACTOR * usual):
            return
        self.steps += steps
        self.seconds += seconds
        if self.longest is None or seconds > self.longest[0]:
            self.longest = (seconds, usual)

    def take(self) -> tuple[int, float]:
        """Stalled steps and their seconds since this was last asked."""
        before, self._taken = self._taken, (self.steps, self.seconds)
        return self.steps - before[0], self.seconds - before[1]
