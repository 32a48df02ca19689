"""Break-even: a slow start against faster steps, told from what runs record."""

from __future__ import annotations

import math

import pytest

from gpulab.analysis.breakeven import BreakEven, break_even, pace, saying
from gpulab.analysis.observations import Observation
from tests.analysis.judgements import spoken

PER_STEP, STEPS = 64, 1000


def run(arm: str, seed: int, start: float, step: float, unfair: str = "", steps: int = STEPS) -> Observation:
    """A run whose start took `start` seconds beyond its steps, each of `step` seconds."""
    wobble = 1.0 + 0.01 * (seed % 3 - 1)
    figures = {"train_seconds": start * wobble + steps * step * wobble, "tokens_per_s": PER_STEP / (step * wobble)}
    return Observation(arm, seed, "done", "", figures, tokens=steps * PER_STEP, unfair=unfair)


def against(start: float, step: float, seeds: int = 3, unfair: str = "") -> BreakEven | None:
    """An arm with that pace against one that starts at once and takes 20 ms a step."""
    runs = [run("a", seed, 0.05, 0.02) for seed in range(seeds)]
    runs += [run("b", seed, start, step, unfair) for seed in range(seeds)]
    return break_even(runs, "a", "b", PER_STEP)


def test_a_start_is_what_the_steps_do_not_explain() -> None:
    found = pace(run("a", 1, 4.0, 0.02))
    assert found is not None
    assert found.start == pytest.approx(4.0)
    assert found.per_token == pytest.approx(0.02 / PER_STEP)


def test_a_slow_start_pays_back() -> None:
    found = against(6.05, 0.01)
    assert found is not None
    assert found.steps == pytest.approx(6.0 / 0.01, abs=1)
    assert found.within
    assert found.low <= found.steps <= found.high
    assert "It takes 6 s longer to start, and pays that back after 600 steps" in spoken(saying(found))


def test_it_may_pay_back_only_in_a_longer_training_or_never() -> None:
    later, never = against(24.05, 0.01), against(6.05, 0.02)
    assert later is not None
    assert not later.within
    assert "would pay that back after 2,400 steps" in spoken(saying(later))
    assert never is not None
    assert math.isinf(never.steps)
    assert "never pays that back" in spoken(saying(never))


def test_a_start_that_takes_no_longer_is_no_question() -> None:
    assert against(0.05, 0.01) is None
    assert against(0.10, 0.01) is None, "a few steps' worth is nothing to win back"


def test_one_seed_is_taken_at_its_word_and_unfair_runs_are_not() -> None:
    found = against(6.05, 0.01, seeds=1)
    assert found is not None
    assert found.seeds == 1
    assert spoken(saying(found)).endswith("after 601 steps.")
    assert against(6.05, 0.01, unfair="throttled") is None


def test_starts_that_differ_as_much_as_they_take_are_not_sure() -> None:
    runs = [run("a", seed, 0.05, 0.02) for seed in range(3)]
    runs += [run("b", seed, start, 0.01) for seed, start in enumerate((0.01, 3.0, 9.0))]
    assert break_even(runs, "a", "b", PER_STEP) is None
