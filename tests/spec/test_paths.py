"""Paths inside an experiment file mean what they meant to whoever wrote it; files of format 1 open for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpulab.spec.decode import all_settings, decode
from gpulab.spec.files import load, with_text_found
from gpulab.spec.problem import BadInput
from gpulab.techniques import REGISTRY

FORMAT_1 = Path(__file__).parents[1] / "samples" / "experiment-format-1.gpulab.toml"


def test_every_path_is_found_from_here_or_beside_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, beside = tmp_path / "here", tmp_path / "beside"
    for folder in (here, beside / "old-run"):
        folder.mkdir(parents=True)
    (here / "a.txt").write_text("text")
    monkeypatch.chdir(here)
    table = {"data": {"path": "a.txt"}, "techniques": {"transfer": {"start_from": "old-run"}}}
    found = with_text_found(decode(table, REGISTRY), beside / "x.gpulab.toml")
    assert found.data.path == str(here / "a.txt")
    assert getattr(found.techniques["transfer"], "start_from") == str(beside / "old-run")  # noqa: B009
    bare = decode({"techniques": {"lower_casing": {}}}, REGISTRY)
    assert with_text_found(bare, beside / "x.gpulab.toml") == bare


def test_a_run_that_was_moved_with_the_one_it_starts_from_finds_it(tmp_path: Path) -> None:
    """Runs of a comparison of compressions name their origin by an absolute path."""
    (moved := tmp_path / "moved" / "runs").mkdir(parents=True)
    (moved / "origin").mkdir()
    gone = tmp_path / "before" / "runs" / "origin"
    experiment = decode({"techniques": {"transfer": {"start_from": str(gone)}}}, REGISTRY)

    def start(file: Path) -> object:
        return getattr(with_text_found(experiment, file).techniques["transfer"], "start_from")  # noqa: B009

    assert start(moved / "pruned" / "experiment.toml") == str(moved / "origin")
    assert start(tmp_path / "moved" / "elsewhere" / "experiment.toml") == str(gone)  # nothing is guessed
    gone.mkdir(parents=True)
    assert start(moved / "pruned" / "experiment.toml") == str(gone)


def test_only_paths_lead_anywhere() -> None:
    leading = {path: setting.leads_to for path, setting in all_settings(REGISTRY).items() if setting.leads_to}
    assert leading["data.path"] == "text"
    assert leading["techniques.transfer.start_from"] == "folder"


def test_a_file_of_format_1_gets_the_vocabulary_that_nothing_read() -> None:
    assert "vocabulary_size" not in FORMAT_1.read_text()
    assert load(FORMAT_1, REGISTRY).data.vocabulary_size == 1024


def test_a_cut_file_of_format_1_is_still_refused(tmp_path: Path) -> None:
    text = FORMAT_1.read_text()
    cut = tmp_path / "cut.gpulab.toml"
    for end in ("[data]", "tokenizer", "[training]"):
        cut.write_text(text[: text.index(end)])
        with pytest.raises(BadInput, match="experiment_cut"):
            load(cut, REGISTRY)
