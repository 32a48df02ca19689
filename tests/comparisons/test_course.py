"""Order of runs, and when an arm is given up, for any fates of its runs."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gpulab.analysis.observations import State
from gpulab.comparisons import course

ARMS = ["a", "b", "c"]
SEEDS = [5, 6, 7, 8]
FATES: list[State] = ["waiting", "running", "done", "stopped", "failed", "vanished", "diverged"]


@st.composite
def states(draw: st.DrawFn) -> dict[tuple[str, int], State]:
    return {(arm, seed): draw(st.sampled_from(FATES)) for arm in ARMS for seed in SEEDS if draw(st.booleans())}


def test_arms_take_turns() -> None:
    assert [course.in_turn(["a", "b"], index) for index in range(3)] == [["a", "b"], ["b", "a"], ["a", "b"]]
    places = [course.in_turn(ARMS, index).index("a") for index in range(10)]
    assert sum(places) == 10, "over two seeds everybody stands in the middle on average"


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
