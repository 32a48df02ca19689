"""Profiles on the command line: of an experiment, of a run at work, of one that is over, and what is refused."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from gpulab.events.profile import PARTS, PHASES
from gpulab.runs import folder
from gpulab.runs.jobs import jobs_root
from gpulab.runs.launcher import attach, start
from gpulab.spec.files import save
from tests.cli.conftest import Gpulab
from tests.engine.support import tiny


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.gpulab.toml"
    save(tiny(tmp_path), path)
    return path


def test_an_experiment_is_profiled_as_set_and_unfused(gpulab: Gpulab, file: Path, tmp_path: Path) -> None:
    trace = tmp_path / "new" / "trace.json.gz"
    result = gpulab("profile", file, "--steps", "2", "--trace", trace)
    assert result.status == 0, result.err
    for word in (*PARTS, "forward", "backward", "aten::mm", "estimated", "with nothing fused"):
        assert word in result.out
    with gzip.open(trace, "rt", encoding="utf-8") as opened:
        names = [event["name"] for event in json.load(opened)["traceEvents"]]
    assert names.count("gpulab:step") == 2


def test_a_run_at_work_profiles_its_next_steps(gpulab: Gpulab, home: Path, tmp_path: Path) -> None:
    run_dir = folder.create(tmp_path / "runs", tiny(tmp_path, steps=1_000_000, eval_interval=1_000_000))
    start(run_dir)
    try:
        told = gpulab("profile", run_dir, "--steps", "3", "--json").json
    finally:
        if attach(run_dir) is not None:
            gpulab("stop", run_dir)
    assert told["profile"]["steps"] == 3
    assert set(told["profile"]["phases"]) == set(PHASES)
    assert told["plain"] is None
    assert Path(told["file"]).parent == run_dir / "profiles"
    assert Path(told["trace"]).is_file()
    assert not jobs_root().exists()


def test_what_cannot_be_profiled_is_refused_before_anything_starts(gpulab: Gpulab, file: Path, tmp_path: Path) -> None:
    for steps in ("0", "101", "many"):
        result = gpulab("profile", file, "--steps", steps)
        assert result.status == 2
        assert "steps" in result.err
    assert gpulab("profile", tmp_path).status == 2
    assert gpulab("profile", tmp_path / "nothing.toml").status == 2
    assert gpulab("profile", file, "--trace", file / "trace.gz").status == 2
    assert not jobs_root().exists()
