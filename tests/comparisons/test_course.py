"""Order of runs, and when an arm is given up, for any fates of its runs."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gpulab.analysis.observations import State
from gpulab.comparisons import course
from gpulab.spec.comparison import Arm, Comparison

ARMS = ["a", "b", "c"]
SEEDS = [5, 6, 7, 8]
FATES: list[State] = ["waiting", "running", "done", "stopped", "failed", "vanished", "diverged"]


@st.composite
def states(draw: st.DrawFn) -> dict[tuple[str, int], State]:
    return {(arm, seed): draw(st.sampled_from(FATES)) for arm in ARMS for seed in SEEDS if draw(st.booleans())}


def test_arms_take_turns() -> None:
    both = Comparison("x", "variants", (Arm("a", "A"), Arm("b", "B")))
    assert [course.in_turn(both, index) for index in range(3)] == [["a", "b"], ["b", "a"], ["a", "b"]]


def test_who_starts_from_a_model_comes_after_all_that_train_and_who_reads_never_runs() -> None:
    arms = (
        Arm("r", "R", "trained", "a"),
        Arm("a", "A"),
        Arm("c", "C", starts_from="b"),
        Arm("b", "B"),
        Arm("d", "D", starts_from="b"),
    )
    mixed = Comparison("x", "variants", arms)
    assert [course.in_turn(mixed, index) for index in range(2)] == [["a", "b", "c", "d"], ["b", "a", "d", "c"]]
    assert course.running_arms(mixed) == ["a", "c", "b", "d"]
    assert course.training_arms(mixed) == ["a", "b"]


@given(states())
def test_an_arm_is_given_up_after_two_failing_seeds_in_a_row(states: dict[tuple[str, int], State]) -> None:
    for arm in ARMS:
        bad = [states.get((arm, seed)) in ("failed", "vanished", "diverged") for seed in SEEDS]
        assert course.given_up(arm, SEEDS, states) == any(one and next_ for one, next_ in pairwise(bad))
    assert not course.given_up("a", SEEDS[:1], states)


@given(states())
def test_complete_seeds_have_nothing_left_to_run(states: dict[tuple[str, int], State]) -> None:
    count = course.complete(ARMS, SEEDS, states)
    for number, seed in enumerate(SEEDS[:count]):
        for arm in ARMS:
            assert states.get((arm, seed)) in course.ENDED or course.given_up(arm, SEEDS[:number], states)
    if count < len(SEEDS):
        open_ = [arm for arm in ARMS if states.get((arm, SEEDS[count])) not in course.ENDED]
        assert any(not course.given_up(arm, SEEDS[:count], states) for arm in open_)
