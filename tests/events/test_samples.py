"""Files of every format ever written still open: a sample of each is kept, and none is ever rewritten."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import get_args

import pytest

from gpulab.comparisons.folder import read_comparison, runs_of
from gpulab.events import codec
from gpulab.events.documents import (
    AnyDocument,
    ArmRun,
    ArmTuned,
    ComparisonStarted,
    Examined,
    JobStarted,
    Looked,
    Notice,
    RunEnded,
    RunStarted,
    Suggestion,
    Trial,
)
from gpulab.events.log import read_all
from gpulab.spec import comparison, files, jobs
from gpulab.spec.decode import decode
from gpulab.techniques import REGISTRY

SAMPLES = Path(__file__).parents[1] / "samples"
OF_JOBS = {JobStarted, Trial, Suggestion}
OF_COMPARISONS = {ComparisonStarted, ArmTuned, ArmRun, Looked}


@pytest.mark.parametrize("number", range(1, files.FORMAT + 1))
def test_an_experiment_of_every_format_opens(number: int) -> None:
    experiment = files.load(SAMPLES / f"experiment-format-{number}.gpulab.toml", REGISTRY)
    assert experiment.name == "GPT nano"
    assert experiment.model.n_embd == 64
    assert {"pruning", "precision", "schedule"} <= set(experiment.techniques)


@pytest.mark.parametrize("number", range(1, codec.FORMAT + 1))
def test_a_record_of_every_format_opens(number: int, tmp_path: Path) -> None:
    shutil.copy(SAMPLES / f"events-format-{number}.jsonl", tmp_path / "events.jsonl")
    documents = read_all(tmp_path)
    assert {type(document) for document in documents} == set(get_args(AnyDocument)) - OF_JOBS - OF_COMPARISONS - {
        Examined
    }
    started, ended = documents[0], documents[-1]
    assert isinstance(started, RunStarted)
    assert isinstance(ended, RunEnded)
    assert decode(started.experiment, REGISTRY).training.steps == 12
    assert ended.summary["compressed"]["model_bytes"] < ended.summary["model_bytes"]


@pytest.mark.parametrize("number", range(1, codec.FORMAT + 1))
def test_what_an_examination_found_opens_in_every_format(number: int, tmp_path: Path) -> None:
    shutil.copy(SAMPLES / f"examined-format-{number}.jsonl", tmp_path / "events.jsonl")
    (found,) = read_all(tmp_path)
    assert isinstance(found, Examined)
    assert (found.name, found.step, found.variant, found.final) == ("causality", 12, "compressed", True)
    assert found.values == {"moved": 0.0, "moved_training": None}
    assert found.parts == {"0.attn.qkv": {"signal_to_noise_db": 31.5}}


@pytest.mark.parametrize("number", range(1, jobs.FORMAT + 1))
def test_a_job_of_every_format_opens(number: int, tmp_path: Path) -> None:
    shutil.copy(SAMPLES / f"job-format-{number}.json", tmp_path / jobs.JOB)
    shutil.copy(SAMPLES / f"job-events-format-{number}.jsonl", tmp_path / "events.jsonl")
    assert jobs.load(tmp_path) == jobs.ask("search", {"trials": 4, "steps": 6})
    documents = read_all(tmp_path)
    assert {type(document) for document in documents} == {*OF_JOBS, RunEnded}
    found = next(document for document in documents if isinstance(document, Suggestion))
    assert set(found.changes) == {"training.learning_rate", "training.batch_size"}


@pytest.mark.parametrize("number", range(1, comparison.FORMAT + 1))
def test_a_comparison_of_every_format_opens(number: int, tmp_path: Path) -> None:
    shutil.copy(SAMPLES / f"comparison-format-{number}.json", tmp_path / comparison.COMPARISON)
    shutil.copy(SAMPLES / f"comparison-events-format-{number}.jsonl", tmp_path / "events.jsonl")
    asked = read_comparison(tmp_path)
    assert [(arm.key, arm.name) for arm in asked.arms] == [("without", "without"), ("with", "with Dropout (rate 0.1)")]
    assert (asked.rules.tune, asked.rules.tune_trials) == (True, 3)
    documents = read_all(tmp_path)
    assert {type(document) for document in documents} == {*OF_COMPARISONS, Notice, RunEnded}
    assert len(runs_of(tmp_path)) == 4


def test_a_file_of_an_older_format_is_rewritten_step_by_step() -> None:
    older = {"format": 1, "model": {"layers": 3}}
    table = files.migrated(older, "x", {1: lambda t: {**t, "model": {"n_layer": t["model"]["layers"]}}}, known=2)
    assert table == {"model": {"n_layer": 3}}
