"""A lesson whose experiments, figures, pictures or dangers are missing is refused by line; no bundled one is."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpulab.lessons import shelf
from gpulab.spec.files import save
from gpulab.spec.presets import experiment_from
from gpulab.spec.problem import BadInput
from gpulab.words import explain
from tests.lessons.made import LESSON


def refusals(folder: Path, text: str) -> list[str]:
    file = folder / "made.lesson.toml"
    file.write_text(text, encoding="utf-8")
    try:
        shelf.checked(file)
    except BadInput as bad:
        return [explain(problem) for problem in bad.problems]
    return []


def test_a_good_lesson_passes(tmp_path: Path) -> None:
    assert refusals(tmp_path, LESSON) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('experiment = "nano"', 'experiment = "nona"', "neither a preset nona"),
        ("test_bits_per_byte} now", "test_bits_per_bite} now", "Did you mean test_bits_per_byte"),
        (
            "setting.techniques.pruning.amount}",
            "setting.techniques.pruning.mount}",
            "no setting techniques.pruning.mount",
        ),
        ('"techniques.pruning.amount" = 0.9', '"techniques.pruning.amount" = 9.0', "outside what is allowed"),
        ('"techniques.pruning.amount" = 0.9', '"techniques.prunning.amount" = 0.9', "pruning"),
        ('changes = { "techniques.pruning" = true, "techniques.pruning.amount" = 0.9 }', "", "same experiment"),
        ('changes = { "training.steps" = 8 }', 'changes = { "training.seed" = 8.5 }', "whole number"),
        ('card = "A1"', 'picture = "no-such"', "no picture no-such"),
        (
            'figure = "prune.most.change.test_bits_per_byte"\nabove = -1.0',
            'danger = "overfiting"\nwork = "prune"\narm = "most"',
            "Did you mean overfitting",
        ),
        ('changes = { "training.steps" = 8 }', 'recording = "nowhere"', "no recording nowhere"),
        ("prune.most.test_bits_per_byte} now", "prune.most.end.val_los} now", "series val_los. Did you mean val_loss"),
        (
            "prune.most.test_bits_per_byte} now",
            "prune.most.summary.compile_second} now",
            "Did you mean compile_seconds",
        ),
        ("prune.most.test_bits_per_byte} now", "prune.most.found.zero.zeros} now", "Did you mean zeros.zeros"),
        ('figures = ["prune.whole', 'chart = "vall_oss"\nfigures = ["prune.whole', "Did you mean val_loss"),
    ],
)
def test_what_is_not_there_is_named_by_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in LESSON
    found = refusals(tmp_path, LESSON.replace(old, new))
    assert any(told in one for one in found), found
    assert all(one.startswith("made.lesson.toml:") for one in found), found


def test_an_experiment_beside_the_lesson_is_found(tmp_path: Path) -> None:
    save(experiment_from("nano"), tmp_path / "own.gpulab.toml")
    assert refusals(tmp_path, LESSON.replace('experiment = "nano"', 'experiment = "own"')) == []


@pytest.mark.parametrize("path", shelf.bundled(), ids=lambda path: path.name.partition(".")[0])
def test_every_bundled_lesson_is_in_order(path: Path) -> None:
    shelf.checked(path)


def test_a_lesson_is_found_by_name_or_path_and_missed_in_words(tmp_path: Path) -> None:
    file = tmp_path / "made.lesson.toml"
    file.write_text(LESSON, encoding="utf-8")
    assert shelf.named(str(file)) == file
    with pytest.raises(BadInput, match="lesson_missing"):
        shelf.named("no-such-lesson")
