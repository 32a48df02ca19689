"""A recording is opened as a copy, which lies where no lesson keeps its showings."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpulab.events.documents import RunEnded
from gpulab.events.log import EventLog
from gpulab.lessons import show
from gpulab.lessons.checking import problems
from gpulab.lessons.recordings import opened, record, recorded
from gpulab.runs import folder as runs
from gpulab.runs.reading import digest_of
from gpulab.spec.files import save
from gpulab.spec.lesson_file import decode, load
from gpulab.spec.presets import experiment_from
from tests.lessons.made import LESSON
from tests.lessons.test_show import ONE_RUN
from tests.runs.stand_in import first

KEPT = 'kind = "run", recording = "kept"'


def test_a_lesson_called_recordings_and_a_recording_do_not_meet(tmp_path: Path) -> None:
    run_dir = runs.create(tmp_path / "runs", experiment_from("nano"))
    with EventLog(run_dir) as log:
        log.append([first(1, 1.0, 2), RunEnded(status="done", step=2, summary={"test_bits_per_byte": 2.0})])
    record(run_dir, "kept", tmp_path / "recordings")
    copy = opened("kept", tmp_path / "recordings")
    path = tmp_path / "recordings.lesson.toml"
    path.write_text(LESSON, encoding="utf-8")
    showing = show.begin(decode(LESSON.encode(), path))
    assert show.latest(showing.written) is not None
    assert [one.folder for one in show.shows(showing.written)] == [showing.folder]
    assert show.shows_root() not in copy.parents
    assert digest_of(copy).summary == {"test_bits_per_byte": 2.0}
    assert opened("kept", tmp_path / "recordings") == copy
    known = recorded("kept", tmp_path / "recordings")
    assert known is not None
    assert known.machine == "a processor"


def test_a_lesson_of_ones_own_plays_what_lies_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_dir = runs.create(tmp_path / "runs", experiment_from("nano"))
    with EventLog(run_dir) as log:
        log.append([first(1, 1.0, 2), RunEnded(status="done", step=2, summary={"test_bits_per_byte": 2.0})])
    (tmp_path / "mine").mkdir()
    path = tmp_path / "mine" / "own.lesson.toml"
    text = ONE_RUN.replace("minutes = 1", 'minutes = 1\nneeds = "cuda"').replace('kind = "run"', KEPT, 1)
    path.write_text(text, encoding="utf-8")
    save(experiment_from("nano"), path.parent / "own.gpulab.toml")
    monkeypatch.setattr(show, "can_show", lambda needs: not needs)
    lesson = load(path)
    assert show.begin(lesson).standing("go").state == "impossible"
    assert [problem.key for problem in problems(lesson)] == ["lesson_recording_missing"]
    record(run_dir, "kept", path.parent / "recordings")
    at = show.begin(lesson).standing("go")
    assert at.state == "done"
    assert at.recording is not None
    assert digest_of(at.folders[0]).summary == {"test_bits_per_byte": 2.0}
    assert not list(problems(lesson))
