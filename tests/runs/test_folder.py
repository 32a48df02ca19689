"""A run's folder is made once, whole, with nothing overwritten."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from gpulab.runs import folder
from gpulab.runs.home import runs_root
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import BadInput


def test_a_folder_is_named_by_time_and_experiment(root: Path) -> None:
    made = folder.create(root, Experiment(name="GPT mini: Überall/so"))
    assert re.fullmatch(r"\d{8}-\d{6}-gpt-mini-berall-so-[0-9a-f]{4}", made.name)
    assert folder.is_run(made)


def test_names_never_meet(root: Path) -> None:
    assert len({folder.create(root, Experiment()) for _ in range(50)}) == 50


def test_each_run_gets_the_next_colour(root: Path) -> None:
    assert [folder.meta_of(folder.create(root, Experiment())).color for _ in range(3)] == [0, 1, 2]


def test_a_file_in_the_way_is_refused_and_kept(tmp_path: Path) -> None:
    blocked = tmp_path / "runs"
    blocked.write_text("mine", encoding="utf-8")
    with pytest.raises(BadInput, match="folder_not_writable"):
        folder.create(blocked, Experiment())
    assert blocked.read_text(encoding="utf-8") == "mine"


def test_a_full_disk_leaves_no_half_a_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, *args: object, **kwargs: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(BadInput, match="No space left"):
        folder.create(root, Experiment())
    assert [path for path in root.iterdir() if path.is_dir()] == []


def test_home_can_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPULAB_HOME", str(tmp_path))
    assert runs_root() == tmp_path / "runs"


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="run_missing"):
        folder.existing(tmp_path)
    with pytest.raises(BadInput, match="run_missing"):
        folder.existing(tmp_path / f"absent-{os.getpid()}")
