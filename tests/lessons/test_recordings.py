"""A recording is opened as a copy, which lies where no lesson keeps its showings."""

from __future__ import annotations

from pathlib import Path

from gpulab.events.documents import RunEnded
from gpulab.events.log import EventLog
from gpulab.lessons import show
from gpulab.lessons.recordings import opened, record, recorded
from gpulab.runs import folder as runs
from gpulab.runs.reading import digest_of
from gpulab.spec.lesson_file import decode
from gpulab.spec.presets import experiment_from
from tests.lessons.made import LESSON
from tests.runs.stand_in import first


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
