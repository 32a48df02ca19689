"""The gallery is whole, opens on every machine, keeps the rules of lessons, and is refused by file and line."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from gpulab.analysis.dangers import DETECTORS
from gpulab.hardware.machine import this_machine
from gpulab.resources import resource
from gpulab.spec.decode import encode
from gpulab.spec.problem import BadInput
from gpulab.techniques import problems
from gpulab.viewmodels.learning.gallery import FILE, bundled, load, named
from gpulab.words import explain

GALLERY = """\
format = 1

[[exhibits]]
key = "hot"
title = "Too hot"
standing = "bad"
teaches = "Learning rate"
look = "The loss leaps."
danger = "hot_start"
setting = "training.learning_rate"
minutes = 0.5
"""
HOT = 'name = "Hot"\n\n[training]\nsteps = 20\nlearning_rate = 0.3\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / FILE).write_text(GALLERY)
    (tmp_path / "hot.gpulab.toml").write_text(HOT)
    return tmp_path


def refusals(folder: Path) -> list[str]:
    with pytest.raises(BadInput) as refused:
        load(folder)
    return [explain(problem) for problem in refused.value.problems]


def line_of(text: str, snippet: str) -> int:
    return text[: text.index(snippet)].count("\n") + 1


def test_ten_to_fourteen_settings_about_a_third_of_them_good() -> None:
    exhibits = bundled()
    good = sum(exhibit.good for exhibit in exhibits)
    assert 10 <= len(exhibits) <= 14
    assert 0.25 < good / len(exhibits) < 0.45
    assert all(bool(exhibit.danger_label) != exhibit.good for exhibit in exhibits)


def test_every_experiment_of_the_folder_is_in_the_gallery() -> None:
    beside = {path.name for path in resource("gallery").glob("*.gpulab.toml")}
    assert beside == {exhibit.path.name for exhibit in bundled()}


def test_every_setting_can_be_run_here_and_most_show_a_danger_of_their_own() -> None:
    machine, dangers = this_machine(), [exhibit.entry.danger for exhibit in bundled() if not exhibit.good]
    assert [list(problems(exhibit.experiment, machine)) for exhibit in bundled()] == [[]] * len(bundled())
    assert len(set(dangers)) == len(dangers)
    assert set(dangers) <= {detector.name for detector in DETECTORS}


def test_texts_lie_beside_their_setting() -> None:
    assert Path(named("by-heart").experiment.data.path).parent == resource("gallery")


def test_name_seed_and_device_make_no_other_setting() -> None:
    exhibit = named("too-hot")
    same = msgspec.structs.replace(exhibit.experiment, name="mine", threads=1, device="cpu")
    same = msgspec.structs.replace(same, training=msgspec.structs.replace(same.training, seed=3))
    other = msgspec.structs.replace(same, training=msgspec.structs.replace(same.training, learning_rate=1e-3))
    assert exhibit.trains(encode(same))
    assert not exhibit.trains(encode(other))


@pytest.mark.parametrize(
    ("old", "new", "at", "told"),
    [
        ('title = "Too hot"', 'title = "300 times too hot"', "title", '"300" is a figure typed in'),
        ("The loss leaps.", "The loss is ten times as high.", "look", '"ten times" is a figure typed in'),
        ("The loss leaps.", "<b>The loss leaps.", "look", "looks like a script"),
        ("The loss leaps.", "{hot.loss}", "look", "no figure can be bound here"),
        ('standing = "bad"', 'standing = "ugly"', "standing", "not one of the choices"),
        ('standing = "bad"', 'standing = "good"', "danger", "a good setting raises nothing"),
        ('danger = "hot_start"\n', "", "standing", "names the danger that it shows"),
        ('"hot_start"', '"hot_stat"', "danger", "Did you mean hot_start?"),
        ("training.learning_rate", "training.learning_rat", "setting", "Did you mean training.learning_rate?"),
        ("minutes = 0.5", "minutes = 50", "minutes", "outside"),
        ("minutes = 0.5", 'minutes = 0.5\nrun = "x()"', "run", "there is no such setting"),
        ('teaches = "Learning rate"\n', "", "[[exhibits]]", "teaches is missing here"),
        ('key = "hot"', 'key = "../hot"', "key", '"../hot" is no key'),
        ('key = "hot"', 'key = "cold"', "key", "cold.gpulab.toml"),
        ("format = 1", "format = 2", "format", "a gallery begins with format = 1"),
    ],
)
def test_what_is_wrong_is_named_by_line(folder: Path, old: str, new: str, at: str, told: str) -> None:
    bent = GALLERY.replace(old, new)
    (folder / FILE).write_text(bent)
    (found,) = refusals(folder)
    assert told in found
    assert found.startswith(f"{FILE}:{line_of(bent, at)}")


def test_a_setting_stands_there_once(folder: Path) -> None:
    again = GALLERY.removeprefix("format = 1\n")
    (folder / FILE).write_text(GALLERY + again)
    (found,) = refusals(folder)
    assert found.startswith(f"{FILE}:{GALLERY.count(chr(10)) + 3}: exhibits[2].key: hot is there already")


def test_an_experiment_that_is_none_is_named_by_its_own_line(folder: Path) -> None:
    (folder / "hot.gpulab.toml").write_text(HOT.replace("0.3", "300.0"))
    (found,) = refusals(folder)
    assert found.startswith("hot.gpulab.toml:5: training.learning_rate")
    (folder / "hot.gpulab.toml").write_text("steps = = 3\n")
    (found,) = refusals(folder)
    assert found.startswith(f"{FILE}:4")
    assert "hot.gpulab.toml" in found


def test_what_is_no_gallery_at_all(tmp_path: Path) -> None:
    assert "cannot be read as a gallery" in refusals(tmp_path)[0]
    (tmp_path / FILE).write_text("format = \n")
    assert "cannot be read as a gallery" in refusals(tmp_path)[0]
    (tmp_path / FILE).write_text("format = 1\nexhibits = 3\n")
    assert "this must be a list" in refusals(tmp_path)[0]


def test_everything_wrong_is_told_at_once(folder: Path) -> None:
    shutil.copy(folder / "hot.gpulab.toml", folder / "cold.gpulab.toml")
    more = GALLERY.removeprefix("format = 1\n").replace('"hot"', '"cold"').replace("hot_start", "nothing")
    (folder / FILE).write_text(GALLERY.replace("training.learning_rate", "training.rate") + more)
    assert len(refusals(folder)) == 2


def test_there_is_no_such_setting() -> None:
    with pytest.raises(BadInput) as refused:
        named("nonsense")
    assert "too-hot" in explain(refused.value.problems[0])
