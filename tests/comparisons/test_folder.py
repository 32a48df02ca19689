"""A comparison is a folder that says all of itself, and can be moved."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpulab.comparisons import folder, variants
from gpulab.events.documents import ArmRun
from gpulab.events.log import EventLog
from gpulab.spec.comparison import Arm, Comparison, Rules
from gpulab.spec.experiment import Experiment
from gpulab.spec.presets import experiment_from
from gpulab.spec.problem import BadInput

NANO = experiment_from("nano")
KEYS = st.from_regex(r"\A[a-z0-9][a-z0-9_-]{0,63}\Z")
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)


def made() -> tuple[Comparison, dict[str, Experiment]]:
    return variants.with_and_without(NANO, "pruning")


@given(st.lists(st.tuples(KEYS, NAMES), min_size=2, max_size=5, unique_by=lambda one: one[0]), NAMES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read_back(tmp_path: Path, arms: list[tuple[str, str]], name: str) -> None:
    comparison = Comparison(name, "variants", tuple(Arm(key, shown) for key, shown in arms), Rules(most_seeds=7))
    experiments = {key: variants.with_seed(NANO, number) for number, (key, _) in enumerate(arms)}
    where = folder.create(tmp_path, comparison, experiments)
    assert folder.load(where) == (comparison, experiments)
    shutil.rmtree(where)


def test_a_moved_folder_finds_its_runs_and_those_elsewhere(tmp_path: Path) -> None:
    where = folder.create(tmp_path, *made())
    inside, outside = where / "runs" / "one", tmp_path / "two"
    inside.mkdir(parents=True)
    with EventLog(where) as log:
        named = [folder.named(where, run_dir) for run_dir in (inside, outside)]
        log.append([ArmRun(arm="with", seed=seed, run=name) for seed, name in enumerate(named)])
    moved = where.rename(tmp_path / "moved")
    assert folder.runs_of(moved) == {("with", 0): moved / "runs" / "one", ("with", 1): outside}


def test_a_run_that_was_made_again_takes_the_place_of_the_first(tmp_path: Path) -> None:
    where = folder.create(tmp_path, *made())
    with EventLog(where) as log:
        log.append([ArmRun(arm="with", seed=1, run="runs/first"), ArmRun(arm="with", seed=1, run="runs/second")])
    assert folder.runs_of(where) == {("with", 1): where / "runs" / "second"}


def test_a_chosen_folder_must_be_empty(tmp_path: Path) -> None:
    where = tmp_path / "mine"
    where.mkdir()
    assert folder.create_at(where, *made()) == where
    before = sorted(where.rglob("*"))
    with pytest.raises(BadInput, match="file_exists"):
        folder.create_at(where, *made())
    assert sorted(where.rglob("*")) == before


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "comparison_unreadable"),
        (b"{", "comparison_unreadable"),
        (b"\xff\xfe", "comparison_unreadable"),
        (b'{"name":"x","question":"variants","arms":[],"format":99}', "comparison_unreadable"),
        (b'{"name":"x","question":"why","arms":[]}', "comparison_unreadable"),
        (b'{"name":"x","question":"variants","arms":[]}', "too_few_arms"),
        (b'{"name":"x","question":"variants","arms":[{"key":"a","name":""},{"key":"../b","name":""}]}', "arm_key_odd"),
        (
            b'{"name":"x","question":"variants","arms":[{"key":"a","name":""},{"key":"a","name":""}]}',
            "arms_named_alike",
        ),
        (
            b'{"name":"x","question":"variants","arms":[{"key":"a","name":"","runs_of":"c"},{"key":"b","name":""}]}',
            "arm_unknown",
        ),
        (
            (
                b'{"name":"x","question":"variants","arms":[{"key":"a","name":""},{"key":"b","name":""}],'
                b'"rules":{"most_seeds":1000000000}}'
            ),
            "out_of_range",
        ),
    ],
)
def test_a_damaged_comparison_is_refused_with_the_reason(tmp_path: Path, content: bytes, key: str) -> None:
    where = folder.create(tmp_path, *made())
    (where / "comparison.json").write_bytes(content)
    with pytest.raises(BadInput, match=key):
        folder.load(where)


def test_a_missing_arm_is_refused(tmp_path: Path) -> None:
    where = folder.create(tmp_path, *made())
    folder.arm_file(where, "with").unlink()
    with pytest.raises(BadInput, match="experiment_missing"):
        folder.load(where)
    with pytest.raises(BadInput, match="comparison_missing"):
        folder.load(tmp_path)


def test_a_folder_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(BadInput, match="folder_not_writable"):
        folder.create(blocked, *made())
    comparison, experiments = made()
    broken = msgspec.structs.replace(comparison, arms=comparison.arms[:1])
    with pytest.raises(BadInput, match="too_few_arms"):
        folder.create(tmp_path / "new", broken, experiments)
    assert not (tmp_path / "new").exists()
