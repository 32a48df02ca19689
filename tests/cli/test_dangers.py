"""What a run showed stands in its summary: as a list for a script, as lines for a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpulab.analysis.dangers import Danger, Detector, Evidence, Try
from gpulab.analysis.dangers.watch import Watch
from gpulab.cli import summary
from gpulab.cli.summary import finish, summary_of
from gpulab.cli.watching import Watched
from gpulab.comparisons import dangers
from gpulab.events.documents import RunEnded, Sample
from gpulab.events.log import EventLog
from gpulab.runs import folder
from gpulab.runs.reading import digest_of
from tests.report.made import experiment, started


def _look(evidence: Evidence) -> Danger | None:
    tries = (Try("suggest_nothing", {"training.learning_rate": 1e-4}),)
    return Danger("too_good", "warning", 10, {"loss": 0.5}, "val_loss", tries) if evidence.step >= 10 else None


def _broken(evidence: Evidence) -> Danger | None:
    raise KeyError("no figure")


RULES = (Detector("good", "Too good", "", "", "", "", _look), Detector("bad", "Broken", "", "", "", "", _broken))


def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watched:
    run_dir = folder.create(tmp_path, experiment())
    with EventLog(run_dir) as log:
        log.append([started(experiment()), Sample(step=10, tokens=80, seconds=1.0, values={"val_loss": 0.5})])
        log.append([RunEnded(status="done", step=10)])

    def seen(path: Path) -> Watch:
        return dangers.dangers_in(path, RULES)

    monkeypatch.setattr(summary, "dangers_in", seen)
    return Watched(run_dir, digest_of(run_dir))


def test_the_summary_lists_dangers_and_rules_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = summary_of(watched(tmp_path, monkeypatch))
    (one,) = told["dangers"]
    assert (one["name"], one["key"], one["severity"], one["step"]) == ("good", "too_good", "warning", 10)
    assert one["arguments"] == {"loss": 0.5}
    assert one["tries"][0]["changes"] == {"training.learning_rate": 1e-4}
    (notice,) = told["notices"]
    assert notice["key"] == "detector_failed"
    assert "Broken" in notice["sentence"]
    assert "no figure" in notice["sentence"]


def test_a_person_reads_them_as_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert finish(watched(tmp_path, monkeypatch), as_json=False) == 0
    lines = capsys.readouterr().out.splitlines()
    place = next(place for place, line in enumerate(lines) if "too_good" in line)
    assert lines[place].startswith("  Warning, since step 10: ")
    assert lines[place + 1].startswith("    try: ")


def test_a_run_that_never_began_showed_none(tmp_path: Path) -> None:
    run_dir = folder.create(tmp_path, experiment())
    assert summary_of(Watched(run_dir, digest_of(run_dir)))["dangers"] == []
