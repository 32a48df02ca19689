"""What a comparison says of few, odd and broken runs: never too much, and never nothing about why."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpulab.analysis.changes import Judgement
from gpulab.analysis.error_shares import ERROR, errors_of
from gpulab.analysis.looking import UP, Plan, detectable, findings
from gpulab.analysis.metrics import BY_KEY, METRICS, Metric
from gpulab.analysis.observations import Observation, State
from gpulab.analysis.sequential import judge
from gpulab.spec.comparison import Arm, Comparison, Rules

QUALITY, SPEED, SIZE = "test_bits_per_byte", "tokens_per_s", "model_bytes"
WHERE: dict[str, Any] = {"corpus": "shakespeare", "device": "cpu", "tokens": 1000}


def two(rules: Rules | None = None, **changes: Any) -> Comparison:
    asked: dict[str, Any] = {"question": "with_without", "arms": (Arm("base", "Base"), Arm("new", "New")), **changes}
    return Comparison("Two", rules=rules or Rules(), **asked)


def runs(arm: str, key: str, figures: list[float], **changes: Any) -> list[Observation]:
    facts: dict[str, Any] = {"state": "done", **WHERE, **changes}
    return [
        Observation(arm=arm, seed=seed, run=f"{arm}{seed}", figures={key: figure}, **facts)
        for seed, figure in enumerate(figures)
    ]


def judged(key: str, base: list[float], new: list[float], rules: Rules | None = None) -> Judgement:
    return judge(two(rules), runs("base", key, base) + runs("new", key, new))


def word(key: str, base: list[float], new: list[float], rules: Rules | None = None) -> str:
    change = judged(key, base, new, rules).of("new", key)
    assert change is not None
    return change.word


NOISE = [0.001, -0.0012, 0.0004, -0.0003, 0.0008, -0.001, 0.0002, 0.0011, -0.0006, -0.0004]
LEVEL = [3.0] * 10


def shifted(by: float) -> list[float]:
    return [3.0 * (1.0 + by + noise) for noise in NOISE]


def test_a_clear_difference_is_named_by_whether_it_is_good() -> None:
    assert word(QUALITY, LEVEL, shifted(-0.05)) == "better"
    assert word(QUALITY, LEVEL, shifted(0.05)) == "worse"
    assert word(SPEED, LEVEL, shifted(0.05)) == "better"
    assert word(SPEED, LEVEL, shifted(-0.05)) == "worse"


def test_what_lies_within_the_region_is_the_same() -> None:
    assert word(QUALITY, LEVEL, shifted(0.001)) == "same"
    assert word(QUALITY, LEVEL, shifted(0.001), Rules(equal_quality=0.05)) != "same"


def test_two_runs_a_side_are_too_few_for_what_varies_and_one_is_enough_for_what_does_not() -> None:
    assert word(QUALITY, LEVEL[:2], shifted(-0.5)[:2]) == "too_few"
    assert word(SIZE, [1000.0], [500.0]) == "better"
    assert word(SIZE, [1000.0], [1004.0]) == "same"
    assert word(SIZE, [1000.0], [1006.0]) == "worse"


def test_an_exact_change_has_no_width_and_an_early_one_no_bounds() -> None:
    exact = judged(SIZE, [1000.0] * 3, [500.0] * 3).of("new", SIZE)
    assert exact is not None
    assert (exact.change, exact.low, exact.high, exact.detectable) == pytest.approx((-0.5, -0.5, -0.5, 0.0))
    early = judged(QUALITY, [3.0], [3.3]).of("new", QUALITY)
    assert early is not None
    assert early.change == pytest.approx(0.1)
    assert (early.low, early.high) == (-math.inf, math.inf)
    assert early.detectable == math.inf


def test_sizes_on_which_the_seeds_disagree_are_left_open() -> None:
    assert word(SIZE, [1000.0] * 3, [500.0, 1500.0, 900.0]) == "too_few"
    assert word(SIZE, [1000.0] * 3, [500.0, 510.0, 490.0]) == "better"


@pytest.mark.parametrize("plan", [Plan(3, 3, 0.025), Plan(2, 4, 0.01), Plan(5, 5, 0.05)])
def test_what_would_have_shown_would_have_shown_in_eighty_of_a_hundred(plan: Plan) -> None:
    """For the spread that there is: that of few pairs is itself uncertain, which no figure can help."""
    rng = np.random.default_rng(3)
    drawn = rng.normal(0.0, 1.0, (20_000, plan.last))
    like_truth = np.linspace(-1.0, 1.0, plan.last)
    like_truth /= like_truth.std(ddof=1)
    level = Plan(plan.last, plan.last, plan.level(plan.last))  # the last look alone
    size = detectable(like_truth, level, (0.0, 0.0))
    assert (findings(drawn + size, level, (0.0, 0.0))[:, -1] == UP).mean() == pytest.approx(0.8, abs=0.012)


def test_the_same_says_what_would_have_shown() -> None:
    change = judged(QUALITY, LEVEL, shifted(0.0)).of("new", QUALITY)
    assert change is not None
    assert change.word == "same"
    assert 0.005 < change.detectable < 0.01
    assert change.region == 0.005


def test_a_claim_stays_although_later_seeds_scatter_but_not_against_its_own_interval() -> None:
    first = [3.0 * (0.95 + noise) for noise in NOISE[:6]]
    assert word(QUALITY, LEVEL[:6], first) == "better"
    assert word(QUALITY, LEVEL[:7], [*first, 2.98]) == "better"
    assert word(QUALITY, LEVEL[:7], [*first, 3.3]) == "too_few"  # the interval is -8.3 to +2.8 %


@given(st.lists(st.floats(-0.1, 0.1), min_size=2, max_size=12), st.integers(2, 12), st.booleans())
def test_the_word_never_contradicts_the_interval_beside_it(shifts: list[float], most: int, tight: bool) -> None:
    rules = Rules(least_seeds=2, most_seeds=most, equal_quality=0.0 if tight else 2.0)
    base = [3.0] * len(shifts)
    change = judged(QUALITY, base, [3.0 * math.exp(shift) for shift in shifts], rules).of("new", QUALITY)
    assert change is not None
    assert change.low <= change.change <= change.high
    match change.word:
        case "better":
            assert change.high < 0.0
            assert change.change < -change.region
        case "worse":
            assert change.low > 0.0
            assert change.change > change.region
        case "same":
            assert -change.region <= change.low
            assert change.high <= change.region


def test_whoever_looks_again_and_again_claims_less_soon() -> None:
    """Three seeds that are all there will be say what three of ten do not yet."""
    base, new = [3.0] * 3, [2.9, 2.91, 2.92]
    assert word(QUALITY, base, new, Rules(least_seeds=3, most_seeds=3)) == "better"
    assert word(QUALITY, base, new) == "too_few"


def test_runs_that_were_there_before_are_looked_at_once() -> None:
    seen = runs("base", QUALITY, [3.0] * 3) + runs("new", QUALITY, [2.9, 2.91, 2.92])
    judgement = judge(two(question="runs"), seen)
    change = judgement.of("new", QUALITY)
    assert change is not None
    assert (change.word, judgement.looks) == ("better", 1)


def test_figures_that_are_the_same_bit_for_bit_are_the_same() -> None:
    assert word(QUALITY, [3.1, 3.2, 3.3], [3.1, 3.2, 3.3], Rules(equal_quality=0.0)) == "same"


def test_arms_that_read_the_same_trainings_trained_alike_from_the_first_run_on() -> None:
    arms = (Arm("base", "Trained", part="trained"), Arm("new", "Compressed", runs_of="base"))
    asked = two(arms=arms)
    seen = [Observation(arm, 1, "done", "run1", {SPEED: 100.0, QUALITY: 3.0}, **WHERE) for arm in ("base", "new")]
    change = judge(asked, seen).of("new", SPEED)
    assert change is not None
    assert change.word == "same"
    assert set(errors_of(asked)) == {("new", QUALITY), ("new", "inference_tokens_per_s")}


def test_primary_metrics_have_half_of_the_error_and_arms_share() -> None:
    arms = (Arm("base", "Base"), Arm("one", "One"), Arm("two", "Two"))
    errors = errors_of(two(arms=arms))
    assert sum(errors.values()) == pytest.approx(ERROR)
    assert errors["one", QUALITY] == errors["two", QUALITY] == pytest.approx(ERROR / 4)
    assert all(not BY_KEY[key].exact and BY_KEY[key].judged for _, key in errors)


@given(st.integers(1, 20), st.integers(0, 19))
def test_all_looks_together_spend_the_error_and_no_more(first: int, more: int) -> None:
    plan = Plan(first, first + more, 0.05)
    levels = [plan.level(count) for count in range(50)]
    assert all(level >= 0.0 for level in levels)
    assert sum(levels) == pytest.approx(0.05 if plan.counts else 0.0)


def test_who_diverged_where_the_baseline_did_not_is_not_praised_for_the_seeds_that_came_through() -> None:
    seen = runs("base", QUALITY, LEVEL) + runs("new", QUALITY, shifted(-0.05))
    assert judge(two(), seen).wholes["new"] == "better"
    lost = [Observation("new", 3, "diverged", "new3", **WHERE)]
    assert judge(two(), [*seen[:13], *lost, *seen[14:]]).wholes["new"] == "mixed"
    both = [Observation("base", 3, "diverged", "base3", **WHERE)]
    assert judge(two(), [*seen[:3], *both, *seen[4:13], *lost, *seen[14:]]).wholes["new"] == "better"
    alike = runs("base", QUALITY, LEVEL) + runs("new", QUALITY, LEVEL)
    assert judge(two(), [*alike[:13], *lost, *alike[14:]]).wholes["new"] == "too_few"


@pytest.mark.parametrize("state", ["failed", "diverged", "stopped", "vanished"])
def test_what_did_not_end_well_is_left_out_by_name(state: State) -> None:
    seen = runs("base", QUALITY, LEVEL) + runs("new", QUALITY, shifted(-0.05))
    seen[13] = Observation("new", 3, state, "new3", {QUALITY: 99.0}, **WHERE)
    judgement = judge(two(), seen)
    change = judgement.of("new", QUALITY)
    assert change is not None
    assert (change.word, change.pairs) == ("better", 9)
    assert judgement.left_out == (("new", 3, state),)


def test_runs_that_are_still_under_way_are_not_left_out() -> None:
    seen = [*runs("base", QUALITY, LEVEL), Observation("new", 0, "running", "new0")]
    assert judge(two(), seen).left_out == ()


def test_the_speed_of_a_throttled_run_is_not_compared_and_its_quality_is() -> None:
    both = {QUALITY: 3.0, SPEED: 100.0}
    seen = [
        Observation(arm, seed, "done", f"{arm}{seed}", both, unfair="hot" if (arm, seed) == ("new", 1) else "", **WHERE)
        for arm in ("base", "new")
        for seed in range(4)
    ]
    judgement = judge(two(), seen)
    speed, quality = (judgement.of("new", key) for key in (SPEED, QUALITY))
    assert speed is not None
    assert quality is not None
    assert (speed.pairs, quality.pairs) == (3, 4)
    assert judgement.unfair == (("new", 1, "hot"),)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_figure_that_is_no_number_leaves_its_pair_out(bad: float) -> None:
    change = judged(QUALITY, LEVEL, [*shifted(-0.05)[:9], bad]).of("new", QUALITY)
    assert change is not None
    assert (change.word, change.pairs) == ("better", 9)


def whole_of(words: dict[str, list[float]]) -> str:
    """The word for an arm whose metrics are these times the baseline's, over ten seeds."""
    seen = []
    for seed, noise in enumerate(NOISE):
        for arm in ("base", "new"):
            figures = dict.fromkeys(words, 100.0)
            if arm == "new":
                for key, factors in words.items():
                    figures[key] *= factors[seed % len(factors)] + (0.0 if BY_KEY[key].exact else noise)
            seen.append(Observation(arm, seed, "done", f"{arm}{seed}", figures, **WHERE))
    return judge(two(), seen).wholes["new"]


def test_the_word_for_the_whole() -> None:
    unclear = [0.9, 1.1]
    assert whole_of({QUALITY: [1.0], SIZE: [0.5]}) == "better"
    assert whole_of({QUALITY: [1.1], SIZE: [0.5]}) == "mixed"
    assert whole_of({QUALITY: [1.1], SIZE: [1.0]}) == "worse"
    assert whole_of({QUALITY: [1.0], SIZE: [1.0]}) == "same"
    assert whole_of({QUALITY: unclear, SIZE: [0.5]}) == "too_few"
    assert whole_of({QUALITY: [0.9], SPEED: unclear}) == "better"
    assert whole_of({QUALITY: [1.0], SPEED: unclear}) == "same", "quality is decided, the speed is named as open"
    assert whole_of({QUALITY: [1.0], SIZE: unclear}) == "too_few", "a size that pairs disagree about"
    assert whole_of({SIZE: [0.5]}) == "too_few"


def test_nothing_seen_leaves_everything_open() -> None:
    judgement = judge(two(), [])
    assert judgement.changes == ()
    assert judgement.wholes == {"new": "too_few"}
    assert judgement.looks == 0
    assert {key for _, key in judgement.undecided} == {metric.key for metric in METRICS if metric.judged}


def test_what_no_run_tells_keeps_nothing_open() -> None:
    assert judged(SIZE, [1000.0], [500.0]).undecided == ()


FIGURES = st.one_of(st.floats(), st.sampled_from([0.0, -1.0, 1e308, -1e308, 5e-324]), st.integers(-5, 5).map(float))


@given(
    st.lists(st.tuples(FIGURES, FIGURES), max_size=12),
    st.sampled_from(METRICS),
    st.integers(1, 4),
    st.integers(0, 8),
    st.sampled_from(["with_without", "runs"]),
    st.sampled_from([0.0, 0.5, 50.0]),
)
def test_no_figures_are_odd_enough_to_break_it(
    figures: list[tuple[float, float]], metric: Metric, least: int, more: int, question: str, region: float
) -> None:
    key = metric.key
    rules = Rules(least, least + more, equal_quality=region, equal_speed=region)
    seen = runs("base", key, [one for one, _ in figures]) + runs("new", key, [other for _, other in figures])
    judgement = judge(two(rules, question=question), seen)
    for change in judgement.changes:
        assert change.low <= change.change <= change.high or math.isinf(change.change) or math.isnan(change.change)
        assert change.detectable >= 0.0
        if change.word in ("better", "worse"):
            good = "higher" if change.change > 0 else "lower"
            assert (BY_KEY[key].better == good) == (change.word == "better")
