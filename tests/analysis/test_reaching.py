"""Equal quality: read off curves, drawn on only as an estimate, and priced."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpulab.analysis.curve import FARTHEST, Curve, last_above, reach
from gpulab.analysis.reaching import Reached, reached, sayings
from gpulab.spec.comparison import Rules
from tests.analysis.judgements import spoken

TOKENS, RULES = 64.0, Rules()


def law(step: float, speed: float = 1.0) -> float:
    """What small models do: bits per byte fall as a power of the steps."""
    return 1.5 + 4.0 * math.pow(1.0 + speed * step, -0.4)


def curve(speed: float = 1.0, steps: int = 1000, pace: float = 0.01, noise: float = 0.0, seed: int = 0) -> Curve:
    chance = random.Random(seed)
    at = [float(step) for step in range(0, steps + 1, 50)]
    values = tuple(law(step, speed) + chance.gauss(0.0, noise) for step in at)
    return Curve(tuple(at), tuple(TOKENS * step for step in at), tuple(pace * step for step in at), values)


def by_seed(speed: float = 1.0, pace: float = 0.01, steps: int = 1000) -> dict[int, Curve]:
    return {seed: curve(speed, steps, pace * (1 + 0.01 * seed), 0.001, seed) for seed in (1, 2, 3)}


def test_between_two_looks_it_goes_straight() -> None:
    one = Curve((0.0, 100.0), (0.0, 6400.0), (0.0, 2.0), (3.0, 2.0))
    way = reach(one, 2.25)
    assert way is not None
    assert (way.steps, way.tokens, way.seconds, way.estimate) == (75.0, 4800.0, 1.5, False)
    assert reach(one, 3.5) is not None, "what was there from the beginning was reached at once"


def test_between_looks_far_apart_it_is_near_the_truth() -> None:
    steps = (0.0, 50.0, 100.0, 150.0)
    one = Curve(steps, steps, steps, tuple(map(law, steps)))
    for step in (65.0, 80.0, 125.0, 140.0):
        way = reach(one, law(step))
        assert way is not None
        assert way.steps == pytest.approx(step, rel=0.03)


@given(st.lists(st.floats(1.0, 5.0), min_size=2, max_size=12), st.floats(1.0, 5.0))
def test_it_is_reached_no_later_than_at_the_first_look_that_is_as_good(values: list[float], target: float) -> None:
    steps = tuple(float(index) for index in range(len(values)))
    way = reach(Curve(steps, steps, steps, tuple(values)), target)
    first = next((index for index, value in enumerate(values) if value <= target), None)
    if first is None:
        assert way is None or way.estimate
    else:
        assert way is not None
        assert not way.estimate
        assert first - 1 <= way.steps <= first


@pytest.mark.parametrize("noise", [0.0, 0.003])
def test_a_curve_is_drawn_on_near_the_truth_and_says_so(noise: float) -> None:
    for steps in (1200.0, 1800.0):
        way = reach(curve(noise=noise), law(steps))
        assert way is not None
        assert way.estimate
        assert way.steps == pytest.approx(steps, rel=0.25 if noise else 0.02)
        assert way.seconds == pytest.approx(way.steps * 0.01, rel=1e-6)


def test_a_curve_is_not_drawn_on_beyond_reason() -> None:
    assert reach(curve(), law(1000 * FARTHEST * 1.5)) is None, "too far"
    assert reach(curve(), 1.4) is None, "below where it levels off"
    assert reach(curve(steps=150), law(200)) is None, "too few looks"
    flat = Curve(*(tuple(float(i) for i in range(20)),) * 3, tuple(2.0 + 0.001 * (i % 2) for i in range(20)))
    assert reach(flat, 1.9) is None, "it learns nothing any more"
    wild = Curve(*(tuple(float(i) for i in range(20)),) * 3, tuple(2.0 + 0.5 * (i % 3) for i in range(20)))
    assert reach(wild, 1.9) is None, "no law runs through it"


def test_an_arm_that_learns_faster_gets_there_sooner() -> None:
    found = reached(by_seed(), by_seed(speed=2.0), RULES)
    assert found is not None
    assert (found.how, found.seeds, found.there) == ("reached", 3, 3)
    assert found.steps is not None
    assert found.steps.base.value == pytest.approx(1000.0)
    assert found.steps.value.value == pytest.approx(500.0, rel=0.03)
    assert found.steps.value.low < 500.0 < found.steps.value.high
    assert found.joules is None, "nobody said what the machine draws"
    assert found.money is None
    (told,) = map(spoken, sayings(found, RULES))
    assert "ended with sooner: after 5." in told
    assert "instead of 1,000" in told


def test_energy_and_money_come_from_what_was_measured_or_said() -> None:
    rules = Rules(price_per_hour=36.0, price_per_kwh=0.5, watts=100.0)
    found = reached(by_seed(), by_seed(), rules)
    assert found is not None
    assert found.seconds is not None
    assert found.joules is not None
    assert found.money is not None
    seconds = found.seconds.value.value
    assert found.joules.value.value == pytest.approx(100.0 * seconds)
    assert found.money.value.value == pytest.approx(0.01 * seconds + 100.0 * seconds / 3.6e6 * 0.5)
    measured = reached(by_seed(), by_seed(), rules, watts=lambda side, seed: 50.0 if side == "value" else 0.0)
    assert measured is not None
    assert measured.joules is not None
    assert measured.joules.change.value == pytest.approx(-0.5), "what was measured counts, not what was said"
    told = [spoken(saying) for saying in sayings(found, rules)]
    assert len(told) == 3
    assert "no clear difference" in told[0]


def test_money_needs_a_price_and_not_power() -> None:
    found = reached(by_seed(), by_seed(), Rules(price_per_hour=1.0))
    assert found is not None
    assert found.money is not None
    assert found.joules is None


def test_without_fair_times_steps_are_told() -> None:
    rules = Rules(price_per_hour=1.0, watts=50.0)
    mixed = {seed: curve(speed) for seed, speed in enumerate((1.0, 1.05, 1.6), start=1)}
    sides = ((by_seed(2.0), "in fewer steps: "), (mixed, "no clear difference"), (by_seed(0.8), "Estimated"))
    for value, told in sides:
        found = reached({seed: curve() for seed in (1, 2, 3)}, value, rules, timed=False)
        assert found is not None
        assert (found.seconds, found.joules, found.money) == (None, None, None)
        (line,) = map(spoken, sayings(found, rules))
        assert told in line
    same = reached({1: curve(), 2: curve()}, {1: curve(), 2: curve()}, rules, timed=False)
    assert same is not None
    (line,) = map(spoken, sayings(same, rules))
    assert "after as many steps: 1,000." in line


def test_what_was_drawn_on_is_called_an_estimate() -> None:
    found = reached(by_seed(), by_seed(speed=0.7), Rules(watts=10.0))
    assert found is not None
    assert found.how == "estimate"
    told = [spoken(saying) for saying in sayings(found, RULES)]
    assert all(line.startswith("Estimated") for line in told)
    assert "would get to the validation quality that the other side ended with later" in told[0]
    assert "it would take" in told[1]


@pytest.mark.parametrize(("speeds", "how", "there"), [((0.05, 0.05), "never", 0), ((2.0, 0.05), "partly", 1)])
def test_who_never_gets_there_is_told_as_that(speeds: tuple[float, float], how: str, there: int) -> None:
    base, value = ({seed: curve(speed) for seed, speed in enumerate(arms)} for arms in ((1.0, 1.0), speeds))
    found = reached(base, value, RULES)
    assert found == Reached(how, law(1000.0), 2, there)  # type: ignore[arg-type]
    assert found is not None
    (told,) = map(spoken, sayings(found, RULES))
    assert ("never got" in told) == (how == "never")


def test_only_seeds_of_both_sides_count_and_a_target_can_be_given() -> None:
    base, value = by_seed(), by_seed(speed=2.0)
    del base[1]
    found = reached(base, value, RULES, target=law(400.0))
    assert found is not None
    assert (found.seeds, found.target) == (2, law(400.0))
    assert found.steps is not None
    assert found.steps.base.value == pytest.approx(400.0, rel=0.03)
    assert reached(base, {1: curve()}, RULES) is None


def test_one_seed_has_no_interval() -> None:
    found = reached({1: curve()}, {1: curve(2.0)}, RULES)
    assert found is not None
    assert found.seconds is not None
    assert math.isinf(found.seconds.change.high)
    (told,) = map(spoken, sayings(found, RULES))
    assert "no clear difference" in told


@given(st.lists(st.floats(1.0, 5.0), min_size=2, max_size=12), st.floats(1.0, 5.0))
def test_after_the_last_moment_above_a_level_it_stays_below(values: list[float], level: float) -> None:
    steps = tuple(float(index) for index in range(len(values)))
    moment = last_above(Curve(steps, steps, steps, tuple(values)), level)
    after = itertools.dropwhile(lambda look: moment is None or look[0] <= moment.steps, zip(steps, values, strict=True))
    assert all(value <= level for _, value in after) if moment else max(values) < level
