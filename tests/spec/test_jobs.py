"""What can be asked of a worker besides a training: settings with limits, a file that reads back, refusals in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from gpulab.runs import jobs as folders
from gpulab.runs.folder import EXPERIMENT, META
from gpulab.spec import jobs
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import BadInput, refuse
from gpulab.spec.setting import settings_of
from gpulab.words import sentences

NEEDED: dict[str, dict[str, Any]] = {
    "scan": {"run": "somewhere"},
    "age": {"run": "somewhere", "text": "new.txt"},
    "bias": {"run": "somewhere"},
    "watch": {"run": "somewhere"},
    "guard": {"run": "somewhere"},
    "doses": {"run": "somewhere"},
    "write": {"run_a": "somewhere"},
    "attend": {"run": "somewhere", "prompt": "Once upon"},
}


@pytest.mark.parametrize("kind", jobs.ASKS)
def test_every_kind_is_declared_in_full_and_reads_back(kind: jobs.Kind, tmp_path: Path) -> None:
    assert set(jobs.ASKS) == set(jobs.TITLES) == set(get_args(jobs.Kind))
    assert jobs.TITLES[kind][1].endswith(".")
    for setting in settings_of(jobs.ASKS[kind]):
        assert setting.label
        assert setting.help.endswith(".")
    asked = jobs.ask(kind, NEEDED.get(kind, {}))
    job_dir = folders.create(tmp_path, asked, Experiment())
    assert jobs.is_job(job_dir)
    assert jobs.load(job_dir) == asked


def wrong(kind: jobs.Kind, **settings: object) -> list[tuple[str, str]]:
    with pytest.raises(BadInput) as refused:
        jobs.ask(kind, settings)
    assert all(problem.key in sentences() for problem in refused.value.problems)
    return [(problem.key, problem.field) for problem in refused.value.problems]


def test_what_cannot_be_done_is_refused_at_its_setting() -> None:
    assert wrong("find_lr", lowest=0.1, highest=0.01) == [("range_upside_down", "highest")]
    assert wrong("find_lr", steps=5, lowest="low") == [("out_of_range", "steps"), ("wrong_type", "lowest")]
    assert wrong("find_batch", largets=4) == [("unknown_field", "largets")]
    assert wrong("search", smallest_batch=5, largest_batch=7) == [("no_power_between", "largest_batch")]
    assert wrong("scan") == [("run_missing", "run")]
    assert wrong("bias") == [("run_missing", "run")]
    assert wrong("guard", rounds=4) == [("out_of_range", "rounds")]
    assert wrong("age", run="somewhere") == [("new_text_missing", "text")]
    assert wrong("write") == [("run_missing", "run_a")]
    assert wrong("attend", run="somewhere") == [("prompt_missing", "prompt")]


@pytest.mark.parametrize(
    ("low", "high", "exponents"), [(1, 1, [0]), (4, 64, [2, 3, 4, 5, 6]), (3, 9, [2, 3]), (5, 7, [])]
)
def test_batches_are_the_powers_of_two_between(low: int, high: int, exponents: list[int]) -> None:
    assert list(jobs.powers(jobs.Search(smallest_batch=low, largest_batch=high))) == exponents


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format":1,"kind":"no"}', b'{"format":9,"kind":"scan"}'])
def test_a_damaged_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / jobs.JOB).write_bytes(content)
    with pytest.raises(BadInput) as refused:
        jobs.load(tmp_path)
    assert refused.value.problems[0].key == "job_unreadable"


def test_a_folder_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> None:
        raise refuse("folder_not_writable", path=str(path), detail="the disk is full")

    monkeypatch.setattr(folders, "write_whole", full)
    with pytest.raises(BadInput):
        folders.create(tmp_path, jobs.ask("find_lr"), Experiment())
    assert not [path for path in tmp_path.rglob("*") if path.name in (EXPERIMENT, META, jobs.JOB)]
