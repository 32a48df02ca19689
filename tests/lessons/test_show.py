"""A showing is taken up where it was: what failed is tried again, once somebody asks; what changed begins anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpulab.comparisons.folder import is_comparison, named
from gpulab.events.documents import AnyDocument, ArmRun, ComparisonStarted, RunEnded
from gpulab.events.log import EventLog
from gpulab.lessons import show
from gpulab.lessons.outcomes import Outcome
from gpulab.lessons.show import Show
from gpulab.runs import folder as runs
from gpulab.spec.files import load, save
from gpulab.spec.lesson_file import Written, decode
from gpulab.spec.presets import experiment_from
from gpulab.techniques import REGISTRY
from tests.lessons.made import LESSON, written
from tests.runs.stand_in import first

ONE_RUN = """\
format = 1
title = "One run"
summary = "It runs."
minutes = 1
work = [{ key = "go", kind = "run", experiment = "own", changes = { "training.steps" = 2 } }]
promises = [{ figure = "go.end.val_loss", above = 0.0 }]

[[steps]]
kind = "run"
title = "Now"
work = "go"

[[steps]]
kind = "reveal"
title = "There"
work = "go"

[[steps]]
kind = "take_away"
title = "So"
"""


@pytest.fixture
def lesson(tmp_path: Path) -> Written:
    save(experiment_from("nano"), tmp_path / "own.gpulab.toml")
    made = written(ONE_RUN, tmp_path)
    made.path.write_text(ONE_RUN, encoding="utf-8")
    return made


def ends(place: Path, *documents: AnyDocument) -> None:
    """Writes the record of a run in `place` that nobody works on any more."""
    with EventLog(place) as log:
        log.append([first(1, 1.0, 2), *documents])


def next_of(showing: Show, key: str = "go") -> Path:
    place = showing.prepare(key)
    assert place is not None
    return place


FAILED = RunEnded(status="failed", step=1, reason="out_of_memory", arguments={"log": "worker.log"})
DIVERGED = RunEnded(status="failed", step=1, reason="diverged", arguments={"step": 1})
DONE = RunEnded(status="done", step=2, summary={"test_bits_per_byte": 2.0})


def test_a_failed_run_is_told_and_tried_again_in_a_folder_of_its_own(lesson: Written, tmp_path: Path) -> None:
    showing = show.begin(lesson, root=tmp_path / "shows")
    broken = next_of(showing)
    ends(broken, FAILED)
    at = showing.standing("go")
    assert (at.state, at.reason, at.folders) == ("failed", "out_of_memory", (broken,))
    again = next_of(showing)
    assert again != broken
    assert showing.standing("go").state == "waiting"
    ends(again, DONE)
    at = showing.standing("go")
    assert (at.state, at.folders) == ("done", (again,))
    assert showing.prepare("go") is None


def test_of_several_seeds_each_has_its_first_try_before_one_has_its_second(lesson: Written, tmp_path: Path) -> None:
    showing = show.begin(lesson, seeds=2, root=tmp_path / "shows")
    tried = []
    for _ in range(4):
        tried.append(next_of(showing))
        ends(tried[-1], FAILED)
    seeds = [load(place / runs.EXPERIMENT, REGISTRY).training.seed - 1337 for place in tried]
    assert sorted(seeds[:2]) == [0, 1]
    assert sorted(seeds[2:]) == [0, 1]
    assert showing.standing("go").state == "failed"


def test_a_run_that_vanished_is_a_failure_and_no_endless_loop(lesson: Written, tmp_path: Path) -> None:
    showing = show.begin(lesson, root=tmp_path / "shows")
    gone = next_of(showing)
    ends(gone)
    at = showing.standing("go")
    assert (at.state, at.reason) == ("failed", "worker_vanished")
    assert next_of(showing) != gone


def test_a_divergence_is_a_result(lesson: Written, tmp_path: Path) -> None:
    showing = show.begin(lesson, root=tmp_path / "shows")
    place = next_of(showing)
    ends(place, DIVERGED)
    at = showing.standing("go")
    assert at.state == "done"
    assert showing.prepare("go") is None
    assert [ran.run_dir for ran in Outcome(lesson.lesson.works("go"), at.folders).arms[""]] == [place]


def test_a_comparison_of_which_a_run_failed_is_made_again(tmp_path: Path) -> None:
    made = written(LESSON, tmp_path)
    made.path.write_text(LESSON, encoding="utf-8")
    showing = show.begin(made, root=tmp_path / "shows")
    place = next_of(showing, "prune")
    run_dir = runs.create(place / "runs", experiment_from("nano"))
    ends(run_dir, FAILED)
    with EventLog(place) as log:
        log.append(
            [
                ComparisonStarted(format=1, name="x", versions={}, pid=1, pid_started=1.0),
                ArmRun(arm="most", seed=1337, run=named(place, run_dir)),
                RunEnded(status="done", step=1, reason="comparison_enough", arguments={"seeds": 1}),
            ]
        )
    at = showing.standing("prune")
    assert (at.state, at.reason) == ("failed", "out_of_memory")
    assert next_of(showing, "prune") == place
    assert is_comparison(place)
    assert not list((place / "runs").glob("*/"))


@pytest.mark.parametrize("changed", ["experiment", "text", "lesson"])
def test_what_changed_beside_a_lesson_is_not_shown_as_it_was(lesson: Written, tmp_path: Path, changed: str) -> None:
    text = tmp_path / "own.txt"
    text.write_text("a text of its own", encoding="utf-8")
    said = ONE_RUN.replace('{ "training.steps" = 2 }', '{ "data.path" = "own.txt" }')
    lesson.path.write_text(said, encoding="utf-8")
    before, root = written(said, tmp_path), tmp_path / "shows"
    showing = show.begin(before, root=root)
    found = show.latest(before, root)
    assert found is not None
    assert found.folder == showing.folder
    if changed == "experiment":
        save(experiment_from("mini"), tmp_path / "own.gpulab.toml")
    elif changed == "text":
        text.write_text("another text", encoding="utf-8")
    else:
        lesson.path.write_text(said.replace("It runs.", "It runs on."), encoding="utf-8")
    assert show.latest(before, root) is None
    assert show.go_on_or_begin(before, root).folder != showing.folder


@pytest.mark.parametrize("name", [".", "..", "...", " "])
def test_no_name_of_a_file_leads_out_of_the_folder_of_showings(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"{name}.lesson.toml"
    path.write_text(LESSON, encoding="utf-8")
    showing = show.begin(decode(LESSON.encode(), path), root=tmp_path / "shows")
    assert showing.folder.resolve().parent.parent == (tmp_path / "shows").resolve()
