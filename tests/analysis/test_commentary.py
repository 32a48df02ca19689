"""What a run is told to have done: each rule on the figures that it speaks of, and on a real training."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpulab.analysis.commentary import commentary
from gpulab.analysis.dangers import Evidence, Happening, Points
from gpulab.comparisons.dangers import commentary_in
from gpulab.words import sentence
from gpulab.words.commentary import SENTENCES
from tests.engine.support import run, tiny


def told(
    train: Sequence[float | None] = (),
    looks: Mapping[int, float | None] | None = None,
    summary: Mapping[str, Any] | None = None,
    techniques: Mapping[str, Any] | None = None,
    happened: tuple[str, ...] = (),
) -> dict[str, Mapping[str, Any]]:
    """What is said of a run with these figures, by its key."""
    looks = looks or {}
    series = {
        "train_loss": Points(tuple(range(1, 1 + len(train))), tuple(train)),
        "val_loss": Points(tuple(looks), tuple(looks.values())),
    }
    evidence = Evidence(
        step=len(train) or max(looks, default=0),
        steps=500,
        settings={"techniques": techniques or {}},
        series=series,
        happenings=tuple(Happening(key) for key in happened),
        summary=summary or {},
    )
    return {one.key: one.arguments for one in commentary(evidence, str.upper)}


def test_nothing_is_said_of_a_run_that_did_nothing() -> None:
    assert told() == {}


def test_what_was_switched_on_is_named_as_people_know_it() -> None:
    assert told([4.0])["commentary_plain"] == {}
    on = told([4.0], techniques={"dropout": {}, "ema": {}})
    assert on["commentary_techniques"] == {"techniques": "DROPOUT, EMA"}


@pytest.mark.parametrize(
    ("last", "key"), [(2.0, "commentary_fell"), (3.96, "commentary_hardly_fell"), (4.4, "commentary_rose")]
)
def test_the_way_of_the_training_loss_is_named(last: float, key: str) -> None:
    found = told([4.0, *[last] * 30])
    assert key in found
    assert found[key]["first"] == "4.000"
    assert found[key]["now"] == f"{last:.3f}"


def _falls(at: Sequence[float]) -> list[float]:
    """200 steps, of which each of three parts (a tenth, to the half, the rest) falls by the figure given, evenly."""
    values, now = [], 5.0
    for share, fall in zip((20, 80, 100), at, strict=True):
        for _ in range(share):
            now -= fall / share
            values.append(now)
    return values


@pytest.mark.parametrize(
    ("at", "part"),
    [
        ((2.0, 0.2, 0.1), "start"),
        ((0.1, 2.0, 0.1), "early"),
        ((0.1, 0.1, 2.0), "late"),
    ],
)
def test_the_part_in_which_it_learned_most_is_named(at: tuple[float, ...], part: str) -> None:
    found = [key for key in told(_falls(at)) if key.startswith("commentary_most")]
    assert found == [f"commentary_most_{part}"]


def test_no_part_is_named_where_none_is_most() -> None:
    assert not [key for key in told(_falls((0.7, 0.7, 0.7))) if key.startswith("commentary_most")]


@pytest.mark.parametrize(
    ("looks", "key"),
    [
        ({0: 4.0, 10: 3.0, 20: 2.0}, "commentary_best_now"),
        ({0: 4.0, 10: 2.0, 20: 2.005}, "commentary_level"),
        ({0: 4.0, 10: 2.0, 20: 2.02}, "commentary_above_best"),
        ({0: 4.0, 10: 2.0, 20: 2.5}, "commentary_turned"),
    ],
)
def test_held_out_text_decides_where_it_stands(looks: dict[int, float | None], key: str) -> None:
    found = [each for each in told([2.0] * 20, looks) if each in SENTENCES]
    assert key in found
    others = {"commentary_best_now", "commentary_level", "commentary_above_best", "commentary_turned"} - {key}
    assert not others & set(found)


def test_one_look_says_nothing_of_a_way() -> None:
    assert "commentary_best_now" not in told([4.0] * 3, {0: 4.0})


def test_a_gap_to_held_out_text_is_told_with_its_size() -> None:
    found = told([4.0, *[2.0] * 30], {0: 4.0, 30: 2.5})
    assert found["commentary_gap"] == {"change": "+25 %", "train": "2.000"}
    assert "commentary_gap" not in told([4.0, *[2.0] * 30], {0: 4.0, 30: 2.1})


JUDGED = {"test_bits_per_byte": 2.0, "test_accuracy": 0.5, "model_bytes": 4000, "tokens_per_s": 2e4, "train_seconds": 9}


@pytest.mark.parametrize(
    ("bits", "size", "keys"),
    [
        (2.3, 1000, {"commentary_compressed_cost", "commentary_smaller"}),
        (2.001, 4000, {"commentary_compressed_free", "commentary_no_smaller"}),
        (1.9, 1000, {"commentary_compressed_gained", "commentary_smaller"}),
    ],
)
def test_what_compressing_cost_and_brought(bits: float, size: int, keys: set[str]) -> None:
    found = told([2.0], summary={**JUDGED, "compressed": {"test_bits_per_byte": bits, "model_bytes": size}})
    assert keys <= set(found)
    assert found["commentary_judged"] == {"bits": "2.000"}


def test_an_edited_test_text_is_never_told_as_comparable() -> None:
    found = told([2.0], summary={**JUDGED, "comparable": False})
    assert "commentary_judged_apart" in found
    assert "commentary_judged" not in found


def test_what_was_not_measured_is_not_said() -> None:
    found = told([2.0], summary={"test_bits_per_byte": None, "compressed": {"model_bytes": None}, "tokens_per_s": 1.0})
    assert set(found) == {"commentary_plain"}


def test_every_sentence_is_said_somewhere_with_all_its_blanks_filled() -> None:
    """Every key of the table comes up in these runs, and no blank stays open."""
    summary = {**JUDGED, "peak_memory_bytes": 3e8}
    compressed = [{"test_bits_per_byte": bits, "model_bytes": size} for bits, size in ((2.5, 900), (2.0, 4000), (1, 9))]
    runs = [
        told([4.0, *[2.0] * 60], {0: 4.0, 30: 2.0, 60: 2.9}, {**summary, "compressed": compressed[0]}),
        told([4.0, *[4.4] * 30], {0: 4.0, 30: 2.0, 60: 2.005}, {**summary, "compressed": compressed[1]}, {"ema": {}}),
        told([4.0, *[3.99] * 30], {0: 4.0, 30: 2.0, 60: 2.03}, {**summary, "comparable": False}, {}, ("ended_early",)),
        told(_falls((0.1, 2.0, 0.1)), {0: 4.0, 30: 2.0}, {**summary, "compressed": compressed[2]}),
        told(_falls((0.1, 0.1, 2.0))),
    ]
    assert {key for found in runs for key in found} == set(SENTENCES)
    for found in runs:
        for key, arguments in found.items():
            blanks = {name for _, name, _, _ in Formatter().parse(SENTENCES[key]) if name}
            assert blanks <= set(arguments), key


_VALUES = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False, min_value=-1e6, max_value=1e6))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(_VALUES, max_size=80),
    st.dictionaries(st.integers(0, 80), _VALUES, max_size=8),
    st.dictionaries(st.sampled_from(sorted(JUDGED)), _VALUES),
    st.dictionaries(st.sampled_from(sorted(JUDGED)), _VALUES),
)
def test_no_record_is_too_odd_to_be_told(
    train: list[float | None],
    looks: dict[int, float | None],
    summary: dict[str, Any],
    compressed: dict[str, Any],
) -> None:
    found = told(train, dict(sorted(looks.items())), {**summary, "compressed": compressed})
    for key, arguments in found.items():
        assert "nan" not in sentence(key, arguments)
        assert "{" not in sentence(key, arguments)


def test_a_real_training_is_told_with_its_own_figures(tmp_path: Path) -> None:
    experiment = tiny(tmp_path, {"pruning": {"amount": 0.9}}, steps=60, eval_interval=20, learning_rate=1e-2)
    documents = run(tmp_path / "run", experiment)
    found = {one.key: one.arguments for one in commentary_in(tmp_path / "run")}
    summary = documents[-1].summary  # type: ignore[union-attr]
    assert found["commentary_techniques"] == {"techniques": "Pruning"}
    assert "commentary_fell" in found
    assert found["commentary_compressed_cost"]["before"] == f"{summary['test_bits_per_byte']:.3f}"
    assert "commentary_no_smaller" in found  # zeros take as many bytes as other numbers
    spoken = " ".join(sentence(key, arguments) for key, arguments in found.items())
    bits = [float(figure) for figure in re.findall(r"\d\.\d{3}", spoken)]
    assert any(abs(summary["test_bits_per_byte"] - each) < 1e-3 for each in bits)
