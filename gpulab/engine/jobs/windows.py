"""Two trainings in one process that take turns: whatever slows the machine down for a moment slows both.

What they share in the process (processor threads, how a GPU rounds products) is set anew at each turn.
"""

from __future__ import annotations

import gc
import itertools
import statistics
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import torch

from gpulab.analysis.intervals import Interval, paired_ratio
from gpulab.analysis.speedups import pace
from gpulab.engine.device import wait_for
from gpulab.engine.jobs.workplace import Workplace, with_training
from gpulab.engine.loop import training_steps
from gpulab.hardware.machine import this_machine
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Tune

_WARM_UP = 3
_ENDLESS = 10**6  # steps: nobody takes them all
_ROUNDS = 2
"""Whatever the first round leaves undecided is measured once more."""


class Side:
    """A throw-away training of `experiment` that goes on a little whenever it is its turn.

    `setup_s` is what its first step took beyond a later one: compiling, above all.
    """

    def __init__(self, place: Workplace, experiment: Experiment) -> None:
        self.experiment, self._place = experiment, place
        with thread_count(experiment):
            _round_products("ieee")
            training = with_training(experiment, steps=max(_ENDLESS, experiment.training.steps))
            state, pipeline, batches = place.built(training)
            self._rounding = torch.backends.cuda.matmul.fp32_precision
        self._running = training_steps(state, pipeline, batches)
        self.setup_s = self.warm_up()

    def warm_up(self) -> float:
        """Takes the first steps, or those after something was compiled; returns what the first took beyond the last."""
        with self._turn():
            seconds = [self._step() for _ in range(_WARM_UP)]
        return max(0.0, seconds[0] - seconds[-1])

    def window(self, seconds: float) -> float:
        """Trains for about so long; returns the seconds of a step."""
        with self._turn():
            if self._place.device.type == "cpu":
                return statistics.median(self._steps_for(seconds))
            step_s = self._step()
            count = max(1, round(seconds / step_s))
            began = time.perf_counter()
            for _ in itertools.islice(self._running, count):
                pass  # no step waits for another, as in a training
            wait_for(self._place.device)
            return (time.perf_counter() - began) / count

    def _steps_for(self, seconds: float) -> Iterator[float]:
        until = time.perf_counter() + seconds
        yield self._step()
        while time.perf_counter() < until:
            yield self._step()

    def _step(self) -> float:
        self._place.check()
        wait_for(self._place.device)
        began = time.perf_counter()
        next(self._running)
        wait_for(self._place.device)
        return time.perf_counter() - began

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with thread_count(self.experiment):
            _round_products(self._rounding)
            yield


def in_turns(old: Side, new: Side, settings: Tune) -> tuple[Interval, float, float]:
    """The throughput of `new` over that of `old`, and the median seconds of a step of each."""
    tokens = new.experiment.tokens_per_step / old.experiment.tokens_per_step
    before: list[float] = []
    after: list[float] = []
    for _ in range(_ROUNDS):
        for turn in range(settings.pairs):
            order = ((old, before), (new, after))
            for side, seconds in order if turn % 2 == 0 else reversed(order):
                seconds.append(side.window(settings.trial_s))
        ratio = paired_ratio([tokens * seconds for seconds in before], after)
        if pace(ratio) != "unsure":
            break
    return ratio, statistics.median(before), statistics.median(after)


@contextmanager
def thread_count(experiment: Experiment) -> Iterator[None]:
    """As many processor threads as `experiment` asks for; afterwards as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(this_machine().threads(experiment.threads))
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def sizes_as_they_come() -> Iterator[None]:
    """Compiles each size for itself: a second one would otherwise get slower kernels that suit any."""
    import torch._dynamo.config as dynamo  # slow to import

    patched: AbstractContextManager[object] = dynamo.patch(automatic_dynamic_shapes=False)
    with patched:
        yield


def tidy_up(device: torch.device) -> None:
    """Gives back what trainings held that are over."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()


def _round_products(how: str) -> None:
    torch.backends.cuda.matmul.fp32_precision = how
    torch.backends.cudnn.rnn.fp32_precision = how  # type: ignore[attr-defined]
