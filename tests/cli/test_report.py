"""`gpulab report` writes one whole file, or says in one sentence why not and leaves nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from gpulab.report.writing import FORMATS, format_of
from gpulab.spec.jobs import JOB
from tests.cli.conftest import PAPER, Gpulab
from tests.report.made import comparison_in, experiment, run_in, summary


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return comparison_in(tmp_path / "comparisons")


def test_each_format_is_written_where_it_was_asked_for(gpulab: Gpulab, folder: Path, tmp_path: Path) -> None:
    begins = {"html": b"<!doctype html>", "csv": b"table,arm,", "json": b"{"}
    for name, first in begins.items():
        out = tmp_path / f"named.{name}"
        result = gpulab("report", folder, "--out", out)
        assert (result.status, result.out) == (0, "")
        assert out.read_bytes().startswith(first)
    assert json.loads((tmp_path / "named.json").read_text())["kind"] == "comparison"


def test_without_a_name_the_file_is_called_like_the_folder(
    gpulab: Gpulab, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert gpulab("report", folder).status == 0
    assert gpulab("report", folder, "--format", "csv").status == 0
    assert {path.name for path in tmp_path.glob("*.*")} >= {f"{folder.name}.html", f"{folder.name}.csv"}


def test_paper_is_handed_to_the_window(
    gpulab: Gpulab, folder: Path, tmp_path: Path, called: list[tuple[str, object]]
) -> None:
    assert gpulab("report", folder, "--format", "pdf", "--out", tmp_path / "x").status == 0
    assert called == [("printed", "With quantization")]
    assert (tmp_path / "x").read_bytes() == PAPER


def test_no_page_is_written_under_another_ending(gpulab: Gpulab, folder: Path, tmp_path: Path) -> None:
    result = gpulab("report", folder, "--out", tmp_path / "x.txt")
    assert (result.status, result.err.count("\n")) == (2, 1)
    assert "no report is written as .txt" in result.err
    assert not (tmp_path / "x.txt").exists()
    assert gpulab("report", folder, "--format", "html", "--out", tmp_path / "x.txt").status == 0


def test_a_run_is_reported_too(gpulab: Gpulab, tmp_path: Path) -> None:
    run_dir = run_in(tmp_path / "runs", experiment(), summary(2.0))
    assert gpulab("report", run_dir, "--out", tmp_path / "run.html").status == 0
    assert "Mine" in (tmp_path / "run.html").read_text()


def test_nothing_is_overwritten(gpulab: Gpulab, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine.html"
    out.write_text("precious")
    for name in FORMATS:
        result = gpulab("report", folder, "--format", name, "--out", out)
        assert (result.status, result.err.count("\n")) == (2, 1)
        assert "already exists" in result.err
    assert out.read_text() == "precious"


def test_bad_folders_and_places_leave_nothing(gpulab: Gpulab, folder: Path, tmp_path: Path) -> None:
    before = set(tmp_path.rglob("*"))
    for argv, said in (
        ([tmp_path], "neither a comparison nor the folder of a run"),
        ([tmp_path / "nowhere"], "neither a comparison nor the folder of a run"),
        ([folder, "--out", tmp_path / "no" / "such" / "x.html"], "cannot be written to"),
        ([folder, "--format", "docx"], "invalid choice"),
    ):
        result = gpulab("report", *argv)
        assert (result.status, result.err.count("\n")) == (2, 1), result.err
        assert said in result.err
    caches = {*tmp_path.rglob("columns.bin"), *tmp_path.rglob("index.cache")}
    assert {*tmp_path.rglob("*")} - caches == before - caches


def test_a_job_is_no_run(gpulab: Gpulab, tmp_path: Path) -> None:
    run_dir = run_in(tmp_path / "runs", experiment(), summary(2.0))
    (run_dir / JOB).write_text("{}")
    for name in ("html", "csv", "json"):
        result = gpulab("report", run_dir, "--out", tmp_path / f"x.{name}")
        assert (result.status, "neither a comparison nor" in result.err) == (2, True)


def test_runs_that_are_gone_are_told_as_such(gpulab: Gpulab, folder: Path, tmp_path: Path) -> None:
    shutil.rmtree(max((folder / "runs").glob("*-mine-*")))
    assert gpulab("report", folder, "--out", tmp_path / "x.html").status == 0
    assert "not found" in (tmp_path / "x.html").read_text()
    assert gpulab("report", folder, "--out", tmp_path / "x.csv").status == 0


def test_a_folder_that_can_only_be_read_is_reported(gpulab: Gpulab, folder: Path, tmp_path: Path) -> None:
    for path in (folder, *(folder / "runs").glob("*-mine-*")):
        path.chmod(0o555)
    try:
        assert gpulab("report", folder, "--out", tmp_path / "x.html").status == 0
    finally:
        for path in (folder, *(folder / "runs").glob("*-mine-*")):
            path.chmod(0o755)


def test_a_damaged_comparison_is_refused(gpulab: Gpulab, folder: Path, tmp_path: Path) -> None:
    (folder / "comparison.json").write_text('{"name": 1')
    result = gpulab("report", folder, "--out", tmp_path / "x.html")
    assert result.status == 2
    assert "cannot be read" in result.err
    assert not (tmp_path / "x.html").exists()


def test_a_half_written_file_is_never_seen(
    gpulab: Gpulab, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, target: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    result = gpulab("report", folder, "--out", tmp_path / "x.csv")
    assert "No space left on device" in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["comparisons"]


def test_the_ending_of_a_file_says_its_format() -> None:
    names = ("a.html", "a.PDF", "a.csv", "a.json", "a", "a.txt", "a.tar.pdf")
    assert [format_of(Path(name)) for name in names] == ["html", "pdf", "csv", "json", None, None, "pdf"]
    assert format_of(None) is None
