"""The phases of a step, which the loop names as it goes: `with state.phase("forward"):`.

While nobody profiles, a phase does nothing, or times the wait for text (`gpulab.engine.probes.waits`). While somebody
does, each is marked in the trace, and the clocks are read at its edges: the wall's, and that of the training's own
thread, which stands still where it waits.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch

PREFIX = "gpulab:"
"""What phases are called in a trace begins with this, so that no operator is taken for one."""

STEP = "step"

_NOTHING = nullcontext()

Phase = Callable[[str], AbstractContextManager[object]]


def unmarked(name: str) -> AbstractContextManager[object]:
    """A phase while nobody profiles."""
    return _NOTHING


class PhaseClock:
    """Marks phases and adds up their seconds: `busy` those in which the thread worked, `waited` the rest.

    A phase inside another is taken out of it; what a step does outside of all phases stands under its own name.
    `left` is called with the name of each phase that ends.
    """

    def __init__(self, left: Callable[[str], None]) -> None:
        self.busy: dict[str, float] = defaultdict(float)
        self.waited: dict[str, float] = defaultdict(float)
        self._left = left
        self._within: list[str] = []
        self._wall = self._own = 0.0

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """One phase."""
        with torch.profiler.record_function(PREFIX + name):
            self._book()
            self._within.append(name)
            try:
                yield
            finally:
                self._book()
                self._within.pop()
                self._left(name)
                self._wall, self._own = time.perf_counter(), time.thread_time()

    def _book(self) -> None:
        """Gives the time since the last edge to the phase it was spent in."""
        wall, own = time.perf_counter(), time.thread_time()
        if self._within:
            passed, worked = wall - self._wall, own - self._own
            self.busy[self._within[-1]] += min(passed, worked)
            self.waited[self._within[-1]] += max(0.0, passed - worked)
        self._wall, self._own = time.perf_counter(), time.thread_time()
