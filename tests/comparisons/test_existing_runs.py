"""Runs that were there before become sides by what they trained, whatever they are called and whichever their seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from gpulab.comparisons import existing_runs, standing, variants
from gpulab.comparisons.folder import named
from gpulab.events.documents import ArmRun, Notice, RunEnded
from gpulab.events.log import EventLog
from gpulab.hardware.strain import WAITED
from gpulab.runs import folder as runs
from gpulab.runs import jobs
from gpulab.runs.store import rename
from gpulab.spec.decode import decode, encode
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import ask
from gpulab.spec.presets import experiment_from
from gpulab.spec.problem import BadInput
from gpulab.techniques import REGISTRY
from tests.comparisons.stand_in import first, summary

NANO = experiment_from("nano")


def run(root: Path, seed: int, *techniques: str, name: str = "GPT nano", **ending: Any) -> Path:
    """A run of a stand-in that ended, by default well."""
    table = {**encode(NANO), "name": name, "techniques": {one: {} for one in techniques}}
    experiment: Experiment = variants.with_seed(decode(table, REGISTRY), seed)
    run_dir = runs.create(root, experiment)
    figures = summary(encode(experiment), words=set())
    with EventLog(run_dir) as log:
        log.append([first(encode(experiment), 0, 0.0)])
        if ending.get("status") != "none":
            log.append([RunEnded(**{"status": "done", "step": 10, "summary": figures, **ending})])
    return run_dir


def compared(tmp_path: Path, run_dirs: list[Path], baseline: int = 0) -> standing.Standing:
    return standing.read(existing_runs.compare_runs(tmp_path / "comparisons", run_dirs, run_dirs[baseline]))


def test_runs_of_the_same_experiment_are_one_side(tmp_path: Path) -> None:
    plain = [run(tmp_path, seed, name=f"run {seed}") for seed in (1, 2, 3)]
    dropout = [run(tmp_path, seed, "dropout", name="other") for seed in (1, 2, 3)]
    found = compared(tmp_path, [dropout[0], *plain, *dropout[1:]], baseline=1)
    assert (found.state, found.reason, found.complete_seeds) == ("done", "comparison_of_runs", 3)
    assert [arm.name for arm in found.comparison.arms] == ["run 1", "other"]
    assert {key: run_dir.resolve() for key, run_dir in found.runs.items()} == {
        **{("side-1", seed): plain[seed - 1] for seed in (1, 2, 3)},
        **{("side-2", seed): dropout[seed - 1] for seed in (1, 2, 3)},
    }
    change = found.judgement.of("side-2", "test_bits_per_byte")
    assert change is not None
    assert (change.word, change.pairs) == ("worse", 3)


def test_sides_that_are_called_alike_are_told_apart(tmp_path: Path) -> None:
    found = compared(tmp_path, [run(tmp_path, 1), run(tmp_path, 1, "dropout"), run(tmp_path, 1, "ema", "dropout")])
    names = [arm.name for arm in found.comparison.arms]
    assert len(set(names)) == 3
    assert names[1] == "GPT nano, with Dropout (rate 0.1)"


def test_a_person_s_name_for_a_run_is_its_side_s(tmp_path: Path) -> None:
    both = [run(tmp_path, 1), run(tmp_path, 1, "dropout")]
    rename(both[1], "The daring one")
    assert compared(tmp_path, both).comparison.arms[1].name == "The daring one"


def test_a_compressed_model_is_compared_with_the_one_it_was_made_from(tmp_path: Path) -> None:
    figures = summary(encode(NANO), words=set())
    figures["compressed"] = {**figures, "model_bytes": 250, "test_bits_per_byte": figures["test_bits_per_byte"] * 1.2}
    found = compared(tmp_path, [run(tmp_path, seed, "pruning", summary=figures) for seed in (1, 2)])
    assert [(arm.part, arm.runs_of) for arm in found.comparison.arms] == [("trained", "side-1"), ("final", "")]
    change = found.judgement.of("side-1", "model_bytes")
    assert change is not None
    assert (change.base, change.value, change.word) == (1000, 250, "better")


def test_of_a_seed_that_ran_twice_the_finished_run_counts_and_the_other_is_told(tmp_path: Path) -> None:
    failed = run(tmp_path, 1, status="failed", reason="diverged", summary={})
    good = run(tmp_path, 1)
    found = compared(tmp_path, [failed, good, run(tmp_path, 1, "dropout")])
    assert found.runs["side-1", 1].resolve() == good
    assert [(one.key, one.arguments["run"]) for one in found.notices] == [("run_counted_once", failed.name)]


def test_runs_of_different_texts_are_compared_in_what_can_be_compared(tmp_path: Path) -> None:
    other = decode({**encode(NANO), "data": {"corpus": "milton"}}, REGISTRY)
    elsewhere = runs.create(tmp_path, variants.with_seed(other, 1))
    with EventLog(elsewhere) as log:
        log.append([first(encode(other), 0, 0.0)])
        log.append([RunEnded(status="done", step=10, summary=summary(encode(NANO), words=set()))])
    found = compared(tmp_path, [run(tmp_path, 1), elsewhere])
    assert found.judgement.incomparable == (("side-2", "arms_differ_in_corpus"),)
    assert found.judgement.of("side-2", "test_bits_per_byte") is None
    assert found.judgement.of("side-2", "model_bytes") is not None


def test_a_run_that_is_gone_later_is_shown_as_gone(tmp_path: Path) -> None:
    both = [run(tmp_path, 1), run(tmp_path, 1, "dropout")]
    found = compared(tmp_path, both)
    both[1].rename(tmp_path / "elsewhere")
    again = standing.read(found.folder)
    assert {one.arm: one.state for one in again.observations} == {"side-1": "done", "side-2": "vanished"}


def test_what_makes_no_comparison_is_refused(tmp_path: Path) -> None:
    one = run(tmp_path, 1)
    unfinished = run(tmp_path, 1, "ema", status="none")
    waiting = runs.create(tmp_path, NANO)
    job = jobs.create(tmp_path / "jobs", ask("find_lr"), NANO)
    unknown = run(tmp_path, 1, "dropout")
    (unknown / "experiment.toml").write_text('name = "x"\n[techniques.magic]\n', encoding="utf-8")
    refused: list[tuple[list[Path], str]] = [
        ([one], "too_few_arms"),
        ([one, run(tmp_path, 2)], "too_few_arms"),
        ([one, run(tmp_path, 2, "dropout")], "no_seed_in_common"),
        ([one, waiting], "run_not_over"),
        ([one, job], "run_missing"),
        ([one, tmp_path / "none"], "run_missing"),
        ([one, unknown], "unknown_technique"),
    ]
    for run_dirs, key in refused:
        with pytest.raises(BadInput, match=key):
            existing_runs.compare_runs(tmp_path / "comparisons", run_dirs, one)
    assert not (tmp_path / "comparisons").exists()
    assert compared(tmp_path, [one, unfinished]).observations[1].state == "vanished"


def test_rules_do_not_bound_how_many_runs_there_are(tmp_path: Path) -> None:
    many = [run(tmp_path, seed, *on) for seed in range(12) for on in ((), ("dropout",))]
    found = compared(tmp_path, many)
    change = found.judgement.of("side-2", "test_bits_per_byte")
    assert change is not None
    assert change.pairs == 12
    assert msgspec.json.encode(found.comparison)


def test_a_run_that_was_slowed_down_in_its_comparison_stays_so_when_it_is_chosen_from_the_table(tmp_path: Path) -> None:
    old = compared(tmp_path, [run(tmp_path, 1), run(tmp_path, 1, "dropout")]).folder
    slowed = run(old / "runs", 2, "dropout")
    told: dict[str, Any] = {"arm": "side-2", "seed": 2, "percent": 40}
    with EventLog(old) as log:
        log.append([ArmRun(arm="side-2", seed=2, run=named(old, slowed))])
        log.append([Notice(key=WAITED, arguments=told, severity="warning")])
    found = compared(tmp_path, [run(tmp_path, 2), slowed])
    assert [(one.arm, one.unfair) for one in found.observations] == [("side-1", ""), ("side-2", WAITED)]
    assert [(arm, seed) for arm, seed, _ in found.judgement.unfair] == [("side-2", 2)]
