"""A report tells which dangers were seen and how, which side showed them, and that none was seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpulab.analysis.dangers import Danger, Detector, Evidence, Try
from gpulab.analysis.dangers.watch import Watch
from gpulab.comparisons.dangers import dangers_in
from gpulab.report import dangers
from gpulab.report.model import Report, Section, Table, Words
from gpulab.report.of_comparison import report_of_comparison
from gpulab.report.of_run import report_of_run
from tests.report.made import comparison_in, experiment, run_in, summary


def _compressed(evidence: Evidence) -> Danger | None:
    """Raised at the end of runs with label smoothing."""
    if not evidence.status or evidence.setting("techniques.label_smoothing") is None:
        return None
    tries = (Try("try_less", {"training.steps": 5}),)
    return Danger("made_up", "danger", evidence.step, {"bits": 4}, "", tries)


RULE = Detector("made_up", "Made up", "The bits.", "Four.", "Fewer lose more.", "A paper", _compressed)


def section(report: Report) -> Section:
    return next(one for one in report.sections if one.title == "Dangers")


def look_with(monkeypatch: pytest.MonkeyPatch, *rules: Detector) -> None:
    def seen(run_dir: Path) -> Watch:
        return dangers_in(run_dir, rules)

    monkeypatch.setattr(dangers, "dangers_in", seen)


def test_a_run_tells_its_dangers_with_their_evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    look_with(monkeypatch, RULE)
    run_dir = run_in(tmp_path, experiment(techniques={"label_smoothing": {}}), summary(2.0))
    words, table = section(report_of_run(run_dir)).blocks
    assert isinstance(words, Words)
    assert words.text.startswith("Danger, since step 30: Made_up")
    assert "What to try: try_less" in words.text
    assert words.tone == "bad"
    assert isinstance(table, Table)
    assert [cell.text for cell in table.rows[0]] == ["Made up", "The bits.", "Four.", "Fewer lose more.", "A paper"]


def test_a_run_without_any_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    look_with(monkeypatch, RULE)
    (words,) = section(report_of_run(run_in(tmp_path, experiment(), summary(2.0)))).blocks
    assert isinstance(words, Words)
    assert words.text.startswith("No danger was seen")


def test_a_comparison_tells_which_side_showed_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = comparison_in(tmp_path)
    look_with(monkeypatch)
    assert all(one.title != "Dangers" for one in report_of_comparison(folder).sections)
    look_with(monkeypatch, RULE)
    table, found_by = section(report_of_comparison(folder)).blocks
    assert isinstance(table, Table)
    assert isinstance(found_by, Table)
    (row,) = table.rows
    assert row[0].side is not None
    assert (row[0].side.letter, row[1].text, row[1].note, row[2].text) == ("B", "Made up", "Danger", "3 of 3")
