"""A training that races to a quality: it trains piece by piece and looks at held-out text after each.

How long its steps take is told piece by piece beside another training that has its turn in between: a machine that gets
slower in the middle of a race would otherwise decide it.
"""

from __future__ import annotations

import itertools
import math
import statistics
import time
from collections.abc import Iterator, Sequence

from gpulab.engine.device import wait_for
from gpulab.engine.jobs.windows import thread_count
from gpulab.engine.jobs.workplace import Workplace
from gpulab.engine.loop import training_steps
from gpulab.spec.experiment import Experiment

PIECES = 20
"""How many looks a whole training gets: between two, the moment of reaching is interpolated."""


class Racer:
    """One training of `experiment`."""

    def __init__(self, place: Workplace, experiment: Experiment) -> None:
        self.experiment, self._place = experiment, place
        self._length = max(1, math.ceil(experiment.training.steps / PIECES))
        with thread_count(experiment):
            self._state, self._pipeline, batches = place.built(experiment)
        self._running = training_steps(self._state, self._pipeline, batches)
        self.pieces: list[float] = []
        self.losses: list[tuple[int, float]] = []

    @property
    def finished(self) -> bool:
        """Whether it is at its end, or lost."""
        return self._state.finished or bool(self.losses and not math.isfinite(self.losses[-1][1]))

    @property
    def steps(self) -> int:
        return self._state.step

    @property
    def step_s(self) -> float:
        """Seconds of a usual step."""
        return statistics.median(self.pieces)

    def cost(self, others: Sequence[float]) -> float:
        """What a step takes, as a share of what one of another training took that had its turn after each piece."""
        return statistics.median(own / other for own, other in zip(self.pieces, others, strict=False))

    def go_on(self) -> None:
        """Trains one piece and looks."""
        with thread_count(self.experiment):
            self.pieces.append(statistics.median(itertools.islice(self._timed(), self._length)))
            self.losses.append((self.steps, self._place.validation_loss(self._state, self._pipeline)))

    def steps_to(self, target: float) -> float | None:
        """After how many steps its validation loss came down to `target`, between two looks; None if it did not."""
        return crossing(self.losses, target)

    def _timed(self) -> Iterator[float]:
        while not self._state.finished:
            self._place.check()
            wait_for(self._place.device)
            began = time.perf_counter()
            next(self._running)
            wait_for(self._place.device)
            yield time.perf_counter() - began


def crossing(losses: Sequence[tuple[int, float]], target: float) -> float | None:
    """Where the line through (step, loss) first comes down to `target`."""
    before: tuple[int, float] | None = None
    for step, loss in losses:
        if loss <= target:
            if before is None or not before[1] > loss:
                return float(step)
            share = (before[1] - target) / (before[1] - loss)
            return before[0] + share * (step - before[0])
        before = (step, loss)
    return None
