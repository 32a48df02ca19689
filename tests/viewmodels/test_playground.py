"""What the Playground decides without a screen: where texts part, what a room reads, which models there are."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gpulab.events.documents import RunEnded, Trial
from gpulab.runs.models import COMPRESSED
from gpulab.viewmodels.playground.models import first_pair, models
from gpulab.viewmodels.playground.tasting import ROUNDS, Tasting, pieces
from gpulab.viewmodels.playground.writing import Writing
from gpulab.viewmodels.record import RunRecord
from tests.report.made import comparison_in


def piece(model: str, text: str) -> Trial:
    return Trial(number=1, seconds=0.1, values={}, names={"what": "text", "model": model, "text": text})


def test_texts_part_where_they_first_differ() -> None:
    writing = Writing()
    writing.take([piece("a", "To be"), piece("b", "To")])
    assert writing.parted is None
    writing.take([piece("b", " do")])
    assert writing.parted == 3


def test_a_text_that_ends_early_parts_there_once_both_are_over() -> None:
    writing = Writing()
    writing.take([piece("a", "To be"), piece("b", "To")])
    writing.take([RunEnded(status="done", step=2)])
    assert writing.parted == 2


@given(st.text(max_size=3000))
def test_pieces_come_from_the_text_in_its_order(text: str) -> None:
    found, at = pieces(text), 0
    assert len(found) <= ROUNDS
    for part in found:
        at = text.index(part, at) + len(part)


@given(st.integers(0, 2**32 - 1))
def test_the_side_of_each_round_is_what_the_round_says(seed: int) -> None:
    test = Tasting("one two three " * 300, "four five six " * 300, seed)
    assert len(test.rounds) == ROUNDS
    for each in test.rounds:
        second = each.left if each.second_left else each.right
        assert "four" in second
        assert test.guess(each.second_left)
    assert test.now is None
    assert test.right == ROUNDS


def test_equal_texts_are_no_round() -> None:
    assert Tasting("the same words " * 100, "the same words " * 100, 1).rounds == []


def test_a_run_that_compressed_offers_two_models(tmp_path: Path) -> None:
    records = []
    for name, files in (
        ("1-plain", ["model.safetensors"]),
        ("2-small", ["model.safetensors", COMPRESSED]),
        ("3-none", []),
    ):
        folder = tmp_path / name
        folder.mkdir()
        for file in files:
            (folder / file).touch()
        record = RunRecord(name, folder, name)
        record.state = "done"
        records.append(record)
    found = models(records, tmp_path / "none")
    assert [(model.name, model.part) for model in found] == [
        ("2-small", "trained"),
        ("2-small", "final"),
        ("1-plain", "trained"),
    ]
    whole, smaller = first_pair(found)
    assert whole is not None
    assert smaller is not None
    assert (whole.part, smaller.part) == ("trained", "final")
    assert first_pair(found[2:]) == (found[2], None)
    assert first_pair([]) == (None, None)


def test_a_comparison_offers_its_sides(tmp_path: Path) -> None:
    folder = comparison_in(tmp_path)
    assert models([], tmp_path) == []
    for run_dir in (folder / "runs").iterdir():
        if run_dir.is_dir():
            (run_dir / "model.safetensors").touch()
    found = models([], tmp_path)
    assert [(model.name, model.comparison, model.part) for model in found] == [
        ("baseline", "With quantization", "final"),
        ("with Quantization", "With quantization", "final"),
    ]
    assert len({model.run_dir for model in found}) == 2
    assert all(model.group == folder for model in found)
    assert first_pair(found) == (found[0], found[1])
