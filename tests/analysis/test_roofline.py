"""The roofline: slope, flat part, and which of them a run stands under."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpulab.analysis.roofline import Point, Roof, bound, formula, point_of, roof_share, roofs_of, utilization
from gpulab.hardware.ceilings import Ceilings, Place
from gpulab.spec.plan import Plan
from gpulab.words import sentence, sentences

ROOF = Roof("bf16", 1e12, 1e10)
SPEEDS = st.floats(1e6, 1e16)


def test_slope_and_flat_part_meet_at_the_ridge() -> None:
    assert ROOF.ridge == 100.0
    assert ROOF.attainable(1.0) == 1e10
    assert ROOF.attainable(100.0) == ROOF.attainable(1000.0) == 1e12


def test_what_holds_a_run_up() -> None:
    slow, fast = (Point("a run", intensity, 5e11, "bf16") for intensity in (99.0, 101.0))
    assert (bound(slow, ROOF), bound(fast, ROOF)) == ("memory", "compute")
    assert roof_share(fast, ROOF) == 0.5
    assert roof_share(slow, ROOF) == pytest.approx(5e11 / 9.9e11)


@given(SPEEDS, SPEEDS, st.floats(1e-3, 1e6))
def test_no_roof_is_higher_than_either_limit(flops: float, moved: float, intensity: float) -> None:
    roof = Roof("fp32", flops, moved)
    assert roof.attainable(intensity) <= flops
    assert roof.attainable(intensity) <= intensity * moved
    assert roof.attainable(2 * intensity) >= roof.attainable(intensity)


def test_shares_of_several_devices() -> None:
    assert utilization(4e14, 1e15) == 0.4
    assert utilization(4e14, 1e15, devices=2) == 0.2
    assert utilization(4e14, None) is None


def test_a_run_s_summary_gives_its_point() -> None:
    summary = {"flops_per_token": 100.0, "bytes_per_token": 50, "flops_per_s": 1e9, "compute_type": "bf16"}
    assert point_of("mini", summary) == Point("mini", 2.0, 1e9, "bf16")
    assert point_of("mini", {**summary, "devices": 4}) == Point("mini", 2.0, 2.5e8, "bf16")
    for wrong in ({"flops_per_s": None}, {"bytes_per_token": 0.0}, {"flops_per_token": "many"}):
        assert point_of("mini", {**summary, **wrong}) is None
    assert point_of("from before", {}) is None


def test_ceilings_are_roofs() -> None:
    place = Place("a processor", "cpu", "", "2.13.0", 1)
    found = Ceilings(place, 0.0, {"fp32": 1e11, "bf16": 1e12, "int8": 2e12}, 1e10)
    assert roofs_of(found) == (Roof("fp32", 1e11, 1e10), Roof("bf16", 1e12, 1e10))


def test_the_formula_adds_up_to_what_is_estimated() -> None:
    plan = Plan(vocab_size=65, n_layer=2, n_head=2, n_embd=64, context_length=64, bias=False, batch_size=4)
    told = formula(plan)
    weights, attention, total = (told.arguments[key] for key in ("weights", "attention", "total"))
    assert isinstance(weights, int)
    assert weights == 2 * 12 * 64 * 64 + 65 * 64
    assert attention == 12 * 2 * 64 * 64
    assert total == 6 * weights + attention
    assert "{" not in sentence(told.key, told.arguments)
    assert {"bound_memory", "bound_compute", "flops_formula_no_attention"} <= set(sentences())
