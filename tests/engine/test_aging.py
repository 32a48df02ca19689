"""An old model judged on new text: its own text comes out as its run measured it, another text worse."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest

from gpulab.engine.aging import judge_on
from gpulab.spec.problem import BadInput
from gpulab.words import explain
from tests.engine.support import SENTENCE, ended, run, tiny


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    experiment = tiny(tmp_path, {"lower_casing": {}}, steps=60, learning_rate=0.01, eval_interval=60)
    assert ended(run(tmp_path / "run", experiment)).status == "done"
    return tmp_path / "run"


def _new(tmp_path: Path, text: str) -> str:
    (tmp_path / "new.txt").write_text(text, encoding="utf-8")
    return str(tmp_path / "new.txt")


def test_its_own_text_is_judged_as_its_run_did(tmp_path: Path, trained: Path) -> None:
    from gpulab.events.log import read_all

    recorded = ended(read_all(trained)).summary
    aging = judge_on(trained, _new(tmp_path, "the lazy dog jumps over the quick brown fox\n" * 40))
    assert aging.own_measured
    assert aging.comparable
    assert aging.own_bits_per_byte == pytest.approx(recorded["test_bits_per_byte"], rel=1e-5)
    assert aging.left_out_share == 0.0


def test_another_text_is_harder_and_its_strange_lines_are_left_out(tmp_path: Path, trained: Path) -> None:
    strange = "".join(f"zyx wvu gazing jazzy {'q' * (number % 7)}\n" for number in range(60))
    aging = judge_on(trained, _new(tmp_path, strange + "line with 12 digits\n" * 20))
    assert aging.own_bits_per_byte is not None
    assert aging.new_bits_per_byte > aging.own_bits_per_byte
    assert aging.left_out_share == pytest.approx(400 / (len(strange) + 400))
    assert aging.new_bytes == len(strange)
    assert aging.met_share == 0.0


def test_the_gap_has_an_interval_where_the_text_is_long_enough(tmp_path: Path, trained: Path) -> None:
    words = [word[::-1] for word in SENTENCE.split()]
    chance = random.Random(0)
    strange = "\n".join(" ".join(chance.choices(words, k=9)) for _ in range(120))
    gap = judge_on(trained, _new(tmp_path, strange)).gap
    assert gap is not None
    assert 0.0 < gap.low < gap.value < gap.high < 2 * gap.value
    short = judge_on(trained, _new(tmp_path, strange[:600]))
    assert short.gap is not None
    assert short.gap.high == math.inf
    assert short.own_bits_per_byte is not None
    assert short.gap.value == pytest.approx(short.new_bits_per_byte / short.own_bits_per_byte - 1.0, rel=1e-4)


def test_text_that_it_learned_from_is_noticed(tmp_path: Path, trained: Path) -> None:
    aging = judge_on(trained, _new(tmp_path, (tmp_path / "text.txt").read_text()[:3000]))
    assert aging.met_share is not None
    assert aging.met_share > 0.9


def test_capitals_go_the_way_they_went_in_training(tmp_path: Path, trained: Path) -> None:
    aging = judge_on(trained, _new(tmp_path, "The Lazy Dog Jumps Over The Quick Brown Fox\n" * 40))
    assert aging.left_out_share == 0.0
    assert not aging.comparable


def test_the_record_speaks_where_its_own_text_is_gone(tmp_path: Path, trained: Path) -> None:
    path = _new(tmp_path, "the lazy dog jumps over the quick brown fox\n" * 40)
    before = judge_on(trained, path)
    (tmp_path / "text.txt").unlink()
    aging = judge_on(trained, path)
    assert not aging.own_measured
    assert aging.own_bits_per_byte == pytest.approx(before.own_bits_per_byte, rel=1e-5)
    assert aging.met_share is None


def test_what_cannot_be_judged_is_refused(tmp_path: Path, trained: Path) -> None:
    with pytest.raises(BadInput) as refused:
        judge_on(trained, _new(tmp_path, "12345\n" * 100))
    assert "0 tokens that the model can spell" in explain(refused.value.problems[0])
    (trained / "model.safetensors").unlink()
    with pytest.raises(BadInput, match="model_unreadable"):
        judge_on(trained, _new(tmp_path, "the quick brown fox\n" * 40))
