"""What stands below a verdict: every number of every sentence is one of its figures, written as tables write it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gpulab.analysis import breakeven, figures, human, reaching, who_pays
from gpulab.analysis.breakeven import BreakEven
from gpulab.analysis.human import Guesses, LeftOut
from gpulab.analysis.intervals import Interval
from gpulab.analysis.numerals import count, duration, si
from gpulab.analysis.reaching import Reached, Taken
from gpulab.analysis.saying import Saying
from gpulab.analysis.who_pays import SliceChange
from gpulab.spec.comparison import Rules
from gpulab.words import sentences
from tests.analysis.judgements import numbers, spoken

AMOUNTS = st.floats(1e-3, 1e7)
SHARES = st.floats(-0.9, 9.0)


@st.composite
def intervals(draw: st.DrawFn, values: st.SearchStrategy[float] = AMOUNTS) -> Interval:
    low, value, high = sorted(draw(st.lists(values, min_size=3, max_size=3)))
    return Interval(value, low, high)


TAKEN = st.builds(Taken, intervals(), intervals(), intervals(SHARES))


def assert_agree(said: list[Saying], written: list[str], counted: list[int]) -> None:
    for saying in said:
        found = numbers([spoken(saying)])
        assert found <= numbers(written) | {str(number) for number in counted}, spoken(saying)


def changed(change: Interval) -> list[str]:
    return [figures.relative(change.value), figures.between(change.value, change.low, change.high)]


@given(TAKEN, TAKEN, st.none() | TAKEN, st.none() | TAKEN, st.sampled_from(("reached", "estimate")), st.integers(1, 20))
def test_equal_quality(
    steps: Taken, seconds: Taken, joules: Taken | None, money: Taken | None, how: reaching.How, seeds: int
) -> None:
    found = Reached(how, 1.9, seeds, seeds, steps, steps, seconds, joules, money)
    written = [figure for taken in (steps, seconds, joules, money) if taken for figure in changed(taken.change)]
    written += [write(side.value) for side in (steps.base, steps.value) for write in (count, si)]
    written += [duration(side.value) for side in (seconds.base, seconds.value)]
    written += [f"{si(side.value, 'J')}" for side in (joules.base, joules.value)] if joules else []
    written += [figures.money(side.value) for side in (money.base, money.value)] if money else []
    assert_agree(list(reaching.sayings(found, Rules())), written, [seeds])


@given(AMOUNTS, intervals(st.floats(1, 1e6)), st.booleans(), st.integers(1, 20))
def test_break_even(extra: float, steps: Interval, within: bool, seeds: int) -> None:
    found = BreakEven(extra, 1.0, steps.value, steps.low, steps.high, within, seeds)
    written = [duration(extra), count(steps.value), count(steps.low), count(steps.high)]
    assert_agree([breakeven.saying(found)], written, [seeds])


@given(intervals(), AMOUNTS, st.integers(0, 1000), st.integers(0, 1000), st.floats(0, 500), st.floats(0, 500))
def test_plain_units(lost: Interval, whole: float, base: int, value: int, low: float, width: float) -> None:
    rough = [duration(float(f"{figure:.2g}")) for figure in (lost.value, lost.low, lost.high, whole)]
    assert_agree([human.leaving_out(LeftOut(lost, whole))], rough, [])
    guessed = human.guessing(Guesses("byte", 1000, base, value, low, low + width))
    assert_agree(
        [guessed], [str(guessed.arguments["low"]), str(guessed.arguments["high"]), "1,000", count(value)], [base]
    )
    ends = (float(str(guessed.arguments[end]).replace(",", "")) for end in ("low", "high"))
    assert all(abs(end - true) <= 0.5 for end, true in zip(ends, (low, low + width), strict=True))


@given(intervals(st.floats(0.01, 5.0)), st.floats(-0.5, 5.0))
def test_who_pays(change: Interval, whole: float) -> None:
    found = SliceChange("words/rare", 9000, 3, 2.0, 2.1, change, change, False)
    told = who_pays.saying([found], whole)
    assert told is not None
    assert_agree([told], [*changed(change), figures.relative(whole)], [])


def test_every_way_to_reach_has_its_sentence() -> None:
    ways = [f"steps_{way}" for way in ("sooner", "later", "unsure", "same")]
    for key in (*ways, "sooner", "later", "unsure", "energy", "money"):
        assert f"reach_{key}" in sentences()
        assert sentences()[f"reach_{key}_estimate"].startswith("Estimated"), key
