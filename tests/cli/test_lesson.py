"""`gpulab lesson` lists, checks and presents; `gpulab record` keeps what a lesson plays elsewhere."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest

from gpulab.lessons.recordings import recorded
from gpulab.lessons.shelf import bundled
from tests.cli.conftest import Gpulab, Result

LESSON = """format = 1
title = "A short one"
summary = "Two trainings, hardly any steps."
minutes = 1

[[work]]
key = "pair"
kind = "comparison"
experiment = "nano"
[work.changes]
"training.steps" = 4
"training.eval_interval" = 2
"evaluation.windows" = 2
"evaluation.sample_length" = 0
[[work.arms]]
key = "whole"
name = "As it comes"
[[work.arms]]
key = "small"
name = "One layer"
changes = { "model.n_layer" = 1 }

[[steps]]
kind = "say"
title = "Before"
text = "Two models."
[[steps]]
kind = "bet"
title = "Your guess"
question = "By how many percent do the parameters change?"
about = "pair.small.change.parameters"
[[steps]]
kind = "run"
title = "Now"
work = "pair"
[[steps]]
kind = "take_away"
title = "After"
text = "It has {pair.small.parameters} parameters."

[[promises]]
figure = "pair.small.change.parameters"
below = -0.2
"""


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    path = tmp_path / "short.lesson.toml"
    path.write_text(LESSON)
    return path


def test_the_bundled_lessons_are_listed_and_in_order(gpulab: Gpulab) -> None:
    names = [one["name"] for one in gpulab("lesson", "list", "--json").json]
    assert {path.name.removesuffix(".lesson.toml") for path in bundled()} == set(names)
    assert len(gpulab("lesson", "list").out.splitlines()) == 1 + len(names)
    assert gpulab("lesson", "check", *names).status == 0


def _place(lesson: Path, text: str) -> str:
    """The file and line of `text`, as a refusal names it."""
    lines = lesson.read_text().splitlines()
    return f"{lesson.name}:{next(number for number, line in enumerate(lines, 1) if text in line)}:"


def test_everything_that_is_wrong_is_said_by_line(gpulab: Gpulab, lesson: Path) -> None:
    lesson.write_text(LESSON.replace("Two models.", "It has 12 layers."))
    result = gpulab("lesson", "check", lesson)
    assert result.status == 2
    assert _place(lesson, "It has 12") in result.err
    lesson.write_text(LESSON.replace('"nano"', '"nanno"'))
    assert _place(lesson, "nanno") in gpulab("lesson", "check", lesson).err
    lesson.write_text(LESSON.replace("{pair.small.p", "{pair.smal.p"))
    result = gpulab("lesson", "check", lesson, "pruning")
    assert result.status == 2
    assert _place(lesson, "smal.") in result.err
    assert gpulab("lesson", "check", "no-such-lesson").status == 2


def test_it_is_walked_through_and_its_promises_are_checked(
    gpulab: Gpulab, home: Path, lesson: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("-40\nmany\n\n"))
    result = gpulab("lesson", "run", lesson)
    assert result.status == 0, result.err
    assert "A number is wanted." in result.err
    assert "1 of 1 promises" in result.err
    assert "It has 5" in result.out
    assert "Closest of 1: 1." in result.out
    assert gpulab("lesson", "run", lesson, "--seeds", "-1").status == 2


def test_a_run_becomes_a_recording(gpulab: Gpulab, finished: Result, tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    shutil.copytree(finished.json["run_dir"], run_dir)
    assert gpulab("record", run_dir, "short", "--out", tmp_path / "kept").status == 0
    known = recorded("short", tmp_path / "kept")
    assert known is not None
    assert known.kind == "run"
    assert not list((tmp_path / "kept").rglob("*.safetensors"))
    assert gpulab("record", tmp_path / "absent", "other").status == 2


def test_the_last_showing_is_handed_out(
    gpulab: Gpulab, home: Path, lesson: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "hand.html"
    assert "was not shown yet" in gpulab("lesson", "handout", lesson, "--out", out).err
    monkeypatch.setattr("sys.stdin", io.StringIO("-40\n\n"))
    assert gpulab("lesson", "run", lesson).status == 0
    assert gpulab("lesson", "handout", lesson, "--out", tmp_path / "hand.csv").status == 2
    result = gpulab("lesson", "handout", lesson, "--out", out)
    assert result.status == 0, result.err
    assert "closest" in out.read_text()
    assert gpulab("lesson", "handout", lesson, "--out", out).status == 2  # it is there already
