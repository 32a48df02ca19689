"""How far a dose can go: last safe point, cliff, and both directions."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpulab.analysis.doses import DosePoint, last_safe, lost, sayings
from tests.analysis.judgements import spoken

REGION = 0.005


def told(label: str, unit: str, *points: tuple[float, float]) -> list[str]:
    sweep = last_safe([DosePoint(*point) for point in points], REGION)
    assert sweep is not None
    return [spoken(saying) for saying in sayings(sweep, label, unit)]


def test_more_pruning_is_followed_upwards_to_the_cliff() -> None:
    assert told("Share", "", (0.8, 0.9), (0.5, 0.004), (0.3, -0.001), (0.7, 0.03), (0.1, 0.0)) == [
        "Share can go up to 0.5 (+0.40 % bits per byte); 0.7 costs +3.0 %.",
        "The cliff lies between 0.7 and 0.8: from +3.0 % to +90 % in one step.",
    ]


def test_fewer_bits_are_followed_downwards() -> None:
    assert told("Bits", "bits", (8, 0.0), (4, 0.004), (3, 0.05), (2, 2.4)) == [
        "Bits can go down to 4 bits (+0.40 % bits per byte); 3 bits costs +5.0 %.",
        "The cliff lies between 3 bits and 2 bits: from +5.0 % to 3.4× in one step.",
    ]


def test_a_rate_can_be_too_low_and_too_high() -> None:
    assert told("Rate", "", (1e-5, 0.4), (1e-4, 0.1), (1e-3, 0.0), (3e-3, 0.002), (1e-2, math.nan)) == [
        "Rate can go down to 0.001 (0 % bits per byte); 0.0001 costs +10 %.",
        "Rate can go up to 0.003 (+0.20 % bits per byte); 0.01 breaks the model.",
        "The cliff lies between 0.0001 and 1.0e-5: from +10 % to +40 % in one step.",
        "The cliff lies between 0.003 (+0.20 %) and 0.01, where the model breaks.",
    ]


def test_a_slope_is_no_cliff() -> None:
    sweep = last_safe([DosePoint(share, share / 10) for share in (0.0, 0.1, 0.2, 0.3, 0.4)], REGION)
    assert sweep is not None
    assert [side.cliff for side in sweep.sides] == [None]


def test_all_safe_none_safe_and_one_alone() -> None:
    assert told("Share", "", (0.1, 0.001), (0.2, 0.0), (0.3, 0.004)) == [
        "Share: every value that was tried costs nothing that counts, 0.1 to 0.3. Try to go further."
    ]
    assert told("Share", "", (0.5, 0.02), (0.6, 0.021))[0].startswith("Share: no value that was tried is free.")
    assert told("Share", "", (0.5, 0.0)) == [
        "Share: every value that was tried costs nothing that counts, 0.5. Try to go further."
    ]
    assert last_safe([], REGION) is None


def test_an_interval_must_lie_within_the_region() -> None:
    assert not DosePoint(0.5, 0.001, -0.01, 0.012).safe(REGION), "it may well have lost more"
    assert DosePoint(0.5, 0.001, -0.001, 0.003).safe(REGION)


POINTS = st.lists(
    st.tuples(st.floats(0, 1), st.floats(-0.1, 3.0) | st.just(math.inf)),
    min_size=1,
    max_size=8,
    unique_by=lambda p: p[0],
)


@given(POINTS)
def test_every_dose_up_to_the_last_safe_one_is_safe(points: list[tuple[float, float]]) -> None:
    sweep = last_safe([DosePoint(*point) for point in points], REGION)
    assert sweep is not None
    for saying in sayings(sweep, "Share"):
        spoken(saying)
    safe = {dose for dose, lost in points if lost <= REGION}
    assert sweep.nothing_safe == (not safe)
    for side in sweep.sides if safe else ():
        low, high = sorted((sweep.mildest.dose, side.safe.dose))
        assert {dose for dose, _ in points if low <= dose <= high} <= safe
        if side.unsafe is not None:
            assert side.unsafe.dose not in safe
        if side.cliff is not None:
            assert math.isfinite(side.cliff.before.lost)
            assert not side.cliff.after.lost <= side.cliff.before.lost


@pytest.mark.parametrize("scale", [1.0, 1e-3])
def test_the_answer_does_not_hang_on_the_unit_of_the_dose(scale: float) -> None:
    points = [DosePoint(share * scale, lost) for share, lost in ((1, 0.0), (2, 0.003), (3, 0.2))]
    sweep = last_safe(points, REGION)
    assert sweep is not None
    assert sweep.sides[0].safe.dose == 2 * scale


def test_a_loss_that_is_none_is_written_as_in_the_table() -> None:
    assert lost(DosePoint(0.2, 1e-7)) == "0 %"
    assert lost(DosePoint(0.6, 0.0065)) == "+0.65 %"


def test_a_loss_that_chance_may_explain_is_not_called_a_cost() -> None:
    sure, unsure = DosePoint(0.6, 0.02, 0.01, 0.03), DosePoint(0.6, 0.02, -0.01, 0.05)
    none = DosePoint(0.2, 0.0, 0.0, 0.0)
    keys = []
    for points in ((none, sure), (none, unsure), (unsure,), (none, DosePoint(0.6, 0.02))):
        sweep = last_safe(points, REGION)
        assert sweep is not None
        first, *_ = sayings(sweep, "Share")
        assert spoken(first)
        keys.append(first.key)
    assert keys == [
        "doses_last_safe_up",
        "doses_last_safe_up_unsure",
        "doses_none_safe_unsure",
        "doses_last_safe_up",
    ]


@pytest.mark.parametrize(
    ("after", "key"),
    [
        (DosePoint(0.03, 0.15, -0.16, 0.58), "doses_cliff_unsure"),
        (DosePoint(0.03, 0.15, 0.004, 0.58), "doses_cliff_unsure"),
        (DosePoint(0.03, 0.15, 0.08, 0.22), "doses_cliff"),
        (DosePoint(0.03, 0.15), "doses_cliff"),
        (DosePoint(0.03, math.inf), "doses_cliff_broken"),
    ],
)
def test_a_cliff_needs_a_loss_that_chance_does_not_explain(after: DosePoint, key: str) -> None:
    sweep = last_safe([DosePoint(1e-3, 0.0, 0.0, 0.0), DosePoint(3e-3, 0.01, 0.005, 0.015), after], REGION)
    assert sweep is not None
    *_, cliff = sayings(sweep, "Rate")
    assert cliff.key == key
    assert spoken(cliff)


def test_a_cliff_that_may_be_none_is_told_as_one_that_may_be() -> None:
    sweep = last_safe([DosePoint(3e-3, -0.021, -0.03, -0.01), DosePoint(0.03, 0.15, -0.16, 0.58)], REGION)
    assert sweep is not None
    assert spoken(sayings(sweep, "Rate")[-1]) == (
        "There may be a cliff between 0.003 and 0.03, from −2.1 % to +15 %, but chance may explain that step: it is "
        "not sure."
    )


def test_the_strict_test_decides_what_is_safe_and_not_the_interval_that_is_shown() -> None:
    inside = DosePoint(0.5, 0.001, -0.001, 0.003, "too_few")
    assert not inside.safe(REGION), "the interval lies within what counts as none, and the test says nothing yet"
    assert inside.unsure
    free = DosePoint(0.3, 0.0, -0.001, 0.001, "same")
    sweep = last_safe([free, inside, DosePoint(0.7, 0.03, 0.02, 0.04, "worse")], REGION)
    assert sweep is not None
    assert spoken(sayings(sweep, "Share")[0]) == (
        "Share can go up to 0.3 (0 % bits per byte); that 0.5 costs nothing is not sure (+0.10 %)."
    )
