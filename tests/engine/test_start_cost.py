"""What a run records tells how long its start took: break-even rests on it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from gpulab.analysis.breakeven import pace
from gpulab.analysis.observations import Observation
from gpulab.engine import recorder as module
from gpulab.engine.probes.memory import memory_probe
from gpulab.engine.recorder import Recorder

TOKENS_PER_STEP, STEPS = 64, 40
START, STEP, LOOK = 7.0, 0.02, 3.0


class Nowhere:
    def append(self, documents: object) -> None:
        """Keeps nothing."""


class Clock:
    """Stands still until it is told what something took."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_the_first_step_takes_longer_is_the_start_and_looks_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=clock))
    recorder = Recorder(Nowhere(), memory_probe(torch.device("cpu")), TOKENS_PER_STEP)
    nothing = torch.zeros(())
    for step in range(STEPS):
        clock.now += STEP + (START if step == 0 else 0.0)  # a model that is compiled is compiled by its first step
        recorder.step_done(step + 1, 1e-3, nothing, nothing)
        if recorder.due:
            recorder.write()
        if step in (2, STEPS // 2):
            with recorder.not_training():
                clock.now += LOOK
    recorder.write()
    assert recorder.tokens_per_s is not None
    figures = {"train_seconds": recorder.seconds, "tokens_per_s": recorder.tokens_per_s}
    found = pace(Observation("a", 1, "done", "", figures, tokens=STEPS * TOKENS_PER_STEP))
    assert found is not None
    assert found.start == pytest.approx(START)
    assert found.per_token == pytest.approx(STEP / TOKENS_PER_STEP)
