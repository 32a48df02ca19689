"""A machine that stands still for a moment does not make a training slow."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import pytest
import torch

from gpulab.engine.probes.memory import memory_probe
from gpulab.engine.recorder import WARMUP_STEPS, Recorder
from gpulab.engine.stalls import FACTOR, LEAST_S, Stalls
from gpulab.events.documents import AnyDocument, Notice
from tests.engine.support import ended, run, tiny


class _Kept:
    def __init__(self) -> None:
        self.documents: list[AnyDocument] = []

    def append(self, documents: Iterable[AnyDocument]) -> None:
        self.documents += documents


def test_what_is_far_longer_than_usual_stood_still() -> None:
    stalls = Stalls()
    for _ in range(20):
        stalls.add(0.02, 1)
    stalls.add(0.02 * FACTOR * 0.99, 1)
    assert stalls.take() == (0, 0.0)
    stalls.add(1.0, 1)
    assert (stalls.take(), stalls.take()) == ((1, 1.0), (0, 0.0))
    assert stalls.longest is not None
    assert stalls.longest == pytest.approx((1.0, 0.02))


def test_short_steps_may_be_long_now_and_then() -> None:
    stalls = Stalls()
    for _ in range(20):
        stalls.add(0.001, 1)
    stalls.add(LEAST_S * 0.99, 1)
    assert stalls.steps == 0


def test_steps_that_are_slow_from_now_on_are_no_standstill() -> None:
    """A training that changes its pace, such as by a longer context, is believed after a while."""
    stalls = Stalls()
    for _ in range(20):
        stalls.add(0.02, 1)
    for _ in range(20):
        stalls.add(0.5, 1)
    known = stalls.steps
    for _ in range(40):
        stalls.add(0.5, 1)
    assert stalls.steps == known == 20


def test_a_standstill_is_left_out_of_the_speed_and_told_once() -> None:
    log = _Kept()
    recorder = Recorder(log, memory_probe(torch.device("cpu")), tokens_per_step=1)
    figure = torch.zeros(())

    def steps(seconds: float, count: int = 1) -> None:
        for _ in range(count):
            time.sleep(seconds)
            recorder.step_done(1, 0.1, figure, figure)
        recorder.write()

    steps(0.002, WARMUP_STEPS)
    steps(0.002, 30)
    for _ in range(2):
        steps(0.3)
        steps(0.002, 5)
    assert recorder.stalled_steps == 2
    assert recorder.tokens_per_s is not None
    assert recorder.tokens_per_s > 40 / 0.6  # with what stood still it would be less, on the fastest machine
    told = [document for document in log.documents if isinstance(document, Notice)]
    assert [notice.key for notice in told] == ["step_stalled"]


def test_a_pause_is_no_standstill() -> None:
    recorder = Recorder(_Kept(), memory_probe(torch.device("cpu")), tokens_per_step=1)
    figure = torch.zeros(())
    for _ in range(40):
        time.sleep(0.002)
        recorder.step_done(1, 0.1, figure, figure)
    with recorder.not_training():
        time.sleep(0.3)
    recorder.step_done(1, 0.1, figure, figure)
    assert recorder.stalled_steps == 0


def test_a_result_tells_of_standstills_and_of_compiling(tmp_path: Path) -> None:
    plain = ended(run(tmp_path / "plain", tiny(tmp_path))).summary
    assert plain["compile_seconds"] is None
    assert plain["stalled_steps"] == 0
    compiled = ended(run(tmp_path / "compiled", tiny(tmp_path, {"compilation": {"backend": "aot_eager"}}))).summary
    assert compiled["compile_seconds"] > 0.0
