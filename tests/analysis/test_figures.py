"""Figures of comparisons: units, rounding, and that what is written is as near to the truth as its digits say."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpulab.analysis import figures
from gpulab.analysis.metrics import BY_KEY
from gpulab.analysis.numerals import signed
from tests.analysis.judgements import change


@pytest.mark.parametrize(
    ("metric", "value", "text"),
    [
        ("test_bits_per_byte", 1.84321, "1.843"),
        ("test_accuracy", 0.5432, "54.3 %"),
        ("tokens_per_s", 412_345.0, "412 k tokens/s"),
        ("inference_tokens_per_s", 87.31, "87.3 tokens/s"),
        ("peak_memory_bytes", 9.61e9, "9.61 GB"),
        ("train_seconds", 150.2, "2 min 30 s"),
        ("parameters", 809_856, "810 k"),
        ("energy_joules", 1530.0, "1.53 kJ"),
        ("test_bits_per_byte", math.nan, "–"),
        ("test_bits_per_byte", None, "–"),
    ],
)
def test_a_figure_has_its_unit(metric: str, value: float | None, text: str) -> None:
    assert figures.written(BY_KEY[metric], value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (-0.0312, "−3.1 %"),
        (0.00244, "+0.24 %"),
        (-0.72, "−72 %"),
        (-0.9921, "−99.2 %"),
        (-1.0, "−100 %"),
        (0.43, "+43 %"),
        (0.0996, "+10 %"),
        (0.994, "+99 %"),
        (0.996, "2.0×"),
        (1.31, "2.3×"),
        (127.8, "129×"),
        (0.0, "0 %"),
        (1e-9, "0 %"),
        (math.inf, "–"),
    ],
)
def test_a_fall_is_a_percentage_and_a_rise_beyond_double_a_factor(share: float, text: str) -> None:
    assert figures.relative(share) == text


def test_an_interval_has_the_digits_of_its_change() -> None:
    assert figures.between(-0.031, -0.0382, -0.0238) == "−3.8 to −2.4 %"
    assert figures.between(1.31, 1.1, 1.52) == "2.1 to 2.5×"
    assert figures.between(0.0031, 1e-6, 0.0062) == "+0.0001 to +0.62 %", "above nothing is not nothing"
    assert figures.written_interval(change("test_bits_per_byte", "too_few", pairs=1)) == "–"
    assert figures.written_interval(change("model_bytes", "better")) == "", "what is exact has none"


def test_of_no_difference_no_more_is_shown_than_matters() -> None:
    tiny = change("test_bits_per_byte", "same", by=3e-6, spread=2.4e-5)
    assert figures.written_change(tiny) == "0 %"
    assert figures.written_interval(tiny) == "−0.002 to +0.003 %"
    assert figures.written_change(change("test_bits_per_byte", "same", by=3.1e-4)) == "+0.03 %"
    assert figures.written_change(change("model_bytes", "worse", by=3e-6)) == "+0.00030 %", "what differs is shown"


def test_what_would_have_shown_is_never_said_too_small() -> None:
    assert figures.amount(0.00411) == "0.42 %"
    assert figures.amount(0.0041) == "0.41 %"
    assert figures.amount(math.inf) == "–"


def test_money_and_signs() -> None:
    assert (figures.money(12.5), figures.money(0.00042), figures.money(1234.0)) == ("12.50", "0.00042", "1,234.00")
    assert (signed(-0.0001, 2), signed(2.0, 0), signed(-14726.0, 0)) == ("0", "+2", "−14,726")


@given(st.floats(-0.9999, 50.0))
def test_a_written_change_is_the_change(share: float) -> None:
    text = figures.relative(share)
    number = float(re.sub(r"[^\d.\-]", "", text.replace("−", "-")))
    back = number - 1.0 if text.endswith("×") else number / 100.0
    if text.endswith("×"):
        assert 1.0 + back == pytest.approx(1.0 + share, rel=0.051)  # two digits of the factor
    else:
        assert back == pytest.approx(share, rel=0.051, abs=1e-7)


@given(st.floats(-0.9, 5.0), st.floats(1e-4, 0.5), st.floats(1e-4, 0.5))
def test_a_written_interval_holds_its_change_and_keeps_its_side_of_nothing(
    share: float, below: float, above: float
) -> None:
    low, high = share - below, share + above
    text = figures.between(share, low, high)
    ends = [float(end.strip(" ×%").replace("−", "-")) for end in text.split(" to ")]
    shift, scale = (1.0, 1.0) if text.endswith("×") else (0.0, 0.01)
    written = [end * scale - shift for end in ends]
    assert written[0] < written[1]
    assert written[0] == pytest.approx(low, abs=0.06 * max(1.0, abs(share)))
    if not shift and abs(low) > 1e-6:
        assert low * written[0] > 0


@given(st.floats(1e-5, 0.9))
def test_a_promise_is_rounded_up(size: float) -> None:
    promised = float(figures.amount(size).removesuffix(" %")) / 100.0
    assert size * (1 - 1e-6) <= promised <= size * 1.11 + 1e-6


def test_an_interval_that_leaves_everything_possible_claims_no_ends() -> None:
    assert figures.between(0.2, -0.99, 147.26) == figures.VAGUE
    assert figures.between(1.4, -0.6, 5.0) == figures.VAGUE
    assert figures.between(0.2, -0.4, 1.5) == "−40 to +150 %", "it tells that it was not halved"
