"""How a comparison stands is read from its folder alone, at any moment."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from gpulab.comparisons import answers, folder, standing, variants
from gpulab.comparisons.beginning import beginning
from gpulab.comparisons.standing import Watching
from gpulab.events.documents import AnyDocument, ArmRun, ArmTuned, Notice, RunEnded, RunResumed, Sample
from gpulab.events.log import EventLog
from gpulab.events.reader import Reader
from gpulab.report.tables import json_of
from gpulab.runs import folder as runs
from gpulab.spec.comparison import Rules
from gpulab.spec.decode import encode
from gpulab.spec.presets import experiment_from
from gpulab.spec.problem import BadInput
from tests.comparisons.stand_in import first, summary

NANO = experiment_from("nano")
SEED = NANO.training.seed


@pytest.fixture
def where(tmp_path: Path) -> Path:
    return folder.create(tmp_path, *variants.with_and_without(NANO, "dropout", Rules(least_seeds=2, most_seeds=3)))


def said(where: Path, *documents: AnyDocument) -> None:
    with EventLog(where) as log:
        log.append(documents)


def ran(where: Path, arm: str, seed: int, *documents: AnyDocument, at: float | None = None) -> Path:
    """A run of `arm` that began and said `documents`."""
    experiment = variants.with_seed(folder.load(where)[1][arm], seed)
    run_dir = runs.create(where / "runs", experiment)
    said(run_dir, first(encode(experiment), 0, 0.0), *documents)
    named = folder.named(where, run_dir)
    said(where, ArmRun(arm=arm, seed=seed, run=named, **({"at": at} if at else {})))
    return run_dir


def done(arm: str, seed: int, **more: Any) -> RunEnded:
    experiment = encode(variants.with_seed(NANO, seed))
    experiment["techniques"] = {"dropout": {}} if arm == "with" else {}
    return RunEnded(status="done", step=10, summary={**summary(experiment, words=set()), **more})


def test_before_anybody_began_it_waits(where: Path) -> None:
    found = standing.read(where)
    assert (found.state, found.observations, found.planned_runs, found.done_runs) == ("waiting", [], 4, 0)
    assert found.judgement.changes == ()


def test_while_somebody_holds_its_record_it_works_and_tells_what_is_left(where: Path) -> None:
    watching = Watching(where)
    with EventLog(where) as log:
        log.append([beginning(watching.comparison)])
        ended = time.time()
        for arm in ("without", "with"):
            experiment = variants.with_seed(watching.experiments[arm], SEED)
            run_dir = runs.create(where / "runs", experiment)
            log.append([ArmRun(arm=arm, seed=SEED, run=folder.named(where, run_dir), at=ended - 8.0)])
            said(run_dir, first(encode(experiment), 0, 0.0), done(arm, SEED))
        found = watching.read()
    assert (found.state, found.done_runs, found.planned_runs, found.complete_seeds) == ("working", 2, 4, 1)
    assert found.seconds_left == pytest.approx(16.0, abs=2.0)
    assert found.reason == ""


def test_the_time_left_knows_that_some_arms_take_longer(tmp_path: Path) -> None:
    made = variants.doses(NANO, "techniques.pruning.amount", [0.3, 0.6], Rules(least_seeds=2, most_seeds=2))
    where = folder.create(tmp_path, *made)
    with EventLog(where) as log:
        log.append([beginning(made[0])])
        ended = time.time()
        for arm, seconds in (("baseline", 60.0), ("dose-1", 4.0), ("dose-2", 4.0)):
            experiment = variants.with_seed(made[1][arm], SEED)
            run_dir = runs.create(where / "runs", experiment)
            log.append([ArmRun(arm=arm, seed=SEED, run=folder.named(where, run_dir), at=ended - seconds)])
            said(run_dir, first(encode(experiment), 0, 0.0), done(arm, SEED))
        found = standing.read(where)
    assert (found.done_runs, found.planned_runs) == (3, 6)
    assert found.seconds_left == pytest.approx(68.0, abs=6.0)


def test_a_night_in_which_nobody_worked_is_no_time_that_a_run_takes(where: Path) -> None:
    night = 8 * 3600.0
    with EventLog(where) as log:
        log.append([beginning(folder.read_comparison(where))])
        now = time.time()
        before = Sample(step=4, tokens=32, seconds=20.0, values={})
        again = (RunEnded(status="stopped", step=4), RunResumed(from_step=4, pid=0, pid_started=0.0))
        for arm, documents in (("without", (*again, done("without", SEED))), ("with", (before, *again))):
            experiment = variants.with_seed(folder.load(where)[1][arm], SEED)
            run_dir = runs.create(where / "runs", experiment)
            log.append([ArmRun(arm=arm, seed=SEED, run=folder.named(where, run_dir), at=now - night)])
            said(run_dir, first(encode(experiment), 0, 0.0), *documents)
        with EventLog(run_dir):  # at work
            found = standing.read(where)
    assert found.current is not None
    assert found.seconds_left == pytest.approx(3 * 50.0 - 20.0, abs=2.0)


def test_a_seed_that_one_side_lacks_is_seen_but_not_judged(where: Path) -> None:
    with EventLog(where) as log:
        log.append([beginning(folder.read_comparison(where))])
        for arm, seed in (
            ("without", SEED),
            ("with", SEED),
            ("with", SEED + 1),
            ("without", SEED + 1),
            ("without", SEED + 2),
        ):
            experiment = variants.with_seed(folder.load(where)[1][arm], seed)
            run_dir = runs.create(where / "runs", experiment)
            said(run_dir, first(encode(experiment), 0, 0.0), done(arm, seed))
            log.append([ArmRun(arm=arm, seed=seed, run=folder.named(where, run_dir))])
        found = standing.read(where)
    assert len(found.observations) == 5
    assert found.complete_seeds == 2
    change = found.judgement.of("with", "test_bits_per_byte")
    assert change is not None
    assert change.pairs == 2


def test_what_became_of_each_run_is_told(where: Path) -> None:
    fates: dict[int, tuple[AnyDocument, str]] = {
        SEED: (RunEnded(status="failed", step=3, reason="diverged"), "diverged"),
        SEED + 1: (RunEnded(status="failed", step=3, reason="crashed"), "failed"),
        SEED + 2: (done("with", SEED + 2, test_bits_per_byte=None), "diverged"),
        SEED + 3: (RunEnded(status="stopped", step=3), "stopped"),
        SEED + 4: (Sample(step=1, tokens=8, seconds=0.1, values={}), "vanished"),
        SEED + 5: (done("with", SEED + 5), "done"),
    }
    for seed, (document, _) in fates.items():
        ran(where, "with", seed, document)
    found = standing.read(where)
    assert {one.seed: one.state for one in found.observations} == {seed: state for seed, (_, state) in fates.items()}
    assert all(bool(one.figures) == (one.state == "done") for one in found.observations)


def test_a_compressed_model_that_is_broken_has_diverged_though_the_trained_one_has_not(tmp_path: Path) -> None:
    where = folder.create(tmp_path, *variants.with_and_without(NANO, "pruning"))
    broken = done("with", SEED, compressed={"test_bits_per_byte": None, "model_bytes": 5}, slices=None)
    ran(where, "with", SEED, broken)
    found = standing.read(where)
    assert {one.arm: one.state for one in found.observations} == {"without": "done", "with": "diverged"}
    assert found.judgement.left_out == (("with", SEED, "diverged"),)


def test_slices_are_those_of_the_part_that_an_arm_reads(tmp_path: Path) -> None:
    where = folder.create(tmp_path, *variants.with_and_without(NANO, "pruning"))
    trained = {"rare words": {"bits_per_byte": 3.0, "bytes": 10}, "empty": {"bits_per_byte": None, "bytes": 0}}
    compressed = {"test_bits_per_byte": 2.5, "slices": {"rare words": {"bits_per_byte": 4.0, "bytes": 10}}}
    ran(where, "with", SEED, done("with", SEED, slices=trained, compressed=compressed))
    found = {one.arm: one.slices for one in standing.read(where).observations}
    assert found == {"without": {"rare words": (3.0, 10)}, "with": {"rare words": (4.0, 10)}}


@pytest.mark.parametrize(
    "odd",
    [
        {"slices": [1]},
        {"slices": {"rare words": 5, "words": {"bits_per_byte": "low", "bytes": 3}}},
        {"compressed": "yes"},
        {"tokens": "many"},
        {"test_bits_per_byte": 0, "slices": {"words": {"bits_per_byte": 0.0, "bytes": 9}}},
        {"test_bits_per_byte": "good"},
        {"tokens_per_s": True},
    ],
)
def test_whatever_a_summary_from_elsewhere_says_it_can_be_shown(where: Path, odd: dict[str, Any]) -> None:
    for arm in ("without", "with"):
        for seed in (SEED, SEED + 1):
            ran(where, arm, seed, done(arm, seed, **odd))
    said(where, Notice(key="run_throttled", arguments={}))
    found = standing.read(where)
    assert found.complete_seeds == 2
    assert answers.verdict_of(found, "with").benefit.key
    assert json.loads(json_of(where))["seeds"] == 2


def test_a_run_that_can_be_no_folder_is_refused_as_damage(where: Path) -> None:
    for name in ("a\0b", "a" * 300):
        with pytest.raises(ValueError, match="no path"):
            ArmRun(arm="with", seed=1, run=name)
    line = b'{"type":"arm_run","at":1.0,"arm":"with","seed":1,"run":"a\\u0000b"}\n'
    (where / "events.jsonl").write_bytes(line * 2)
    with pytest.raises(BadInput, match="damaged"):
        standing.read(where)


def test_an_unfair_run_keeps_its_quality_until_it_is_made_again(where: Path) -> None:
    for arm in ("without", "with"):
        ran(where, arm, SEED, done(arm, SEED))
    said(where, Notice(key="run_waited_for_cores", arguments={"arm": "with", "seed": SEED, "percent": 40}))
    found = standing.read(where)
    assert {one.arm: one.unfair for one in found.observations} == {"without": "", "with": "run_waited_for_cores"}
    assert found.judgement.of("with", "tokens_per_s") is None
    assert found.judgement.of("with", "test_bits_per_byte") is not None
    ran(where, "with", SEED, done("with", SEED))
    assert not any(one.unfair for one in standing.read(where).observations)


def test_a_run_that_stopped_early_by_itself_is_compared_by_what_it_was_given(where: Path) -> None:
    planned = NANO.training.steps * NANO.tokens_per_step
    ran(where, "without", SEED, done("without", SEED, tokens=planned))
    ran(where, "with", SEED, done("with", SEED, tokens=80, ended_early_at=10))
    found = standing.read(where)
    assert {one.tokens for one in found.observations} == {planned}
    assert found.judgement.incomparable == ()
    assert found.judgement.of("with", "test_bits_per_byte") is not None


def test_arms_that_share_a_run_share_its_rate(tmp_path: Path) -> None:
    where = folder.create(tmp_path, *variants.with_and_without(NANO, "pruning"))
    said(where, ArmTuned(arm="with", learning_rate=0.01, trials=8, job="jobs/x"))
    assert standing.read(where).tuned == {"with": 0.01, "without": 0.01}


def test_a_look_costs_little_and_judges_only_what_changed(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watching = Watching(where)
    for arm in ("without", "with"):
        ran(where, arm, SEED, done(arm, SEED))
    first_look = watching.read()
    monkeypatch.setattr("gpulab.analysis.sequential.judge", None)  # would fail if it were called
    assert watching.read() == first_look
    monkeypatch.undo()
    ran(where, "with", SEED + 1, done("with", SEED + 1))
    assert len(watching.read().observations) == 3


def test_a_vanished_conductor_is_noticed_and_said(where: Path) -> None:
    said(where, beginning(folder.read_comparison(where)))
    found = standing.read(where)
    assert (found.state, found.reason) == ("vanished", "comparison_vanished")


def test_runs_of_an_ended_comparison_are_not_read_again_unless_they_changed(
    where: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_dirs = [ran(where, arm, SEED, done(arm, SEED)) for arm in ("without", "with")]
    said(where, RunEnded(status="done", step=2, reason="comparison_still_open", arguments={"seeds": 1, "open": 1}))
    first_time = standing.read(where)
    read: list[Path] = []

    def reader(run_dir: Path, *at: int) -> Reader:
        read.append(run_dir)
        return Reader(run_dir, *at)

    monkeypatch.setattr("gpulab.runs.reading.Reader", reader)
    again = Watching(where).read()
    assert again.observations == first_time.observations
    assert not set(run_dirs) & set(read)
    said(run_dirs[0], done("without", SEED, test_bits_per_byte=9.0))
    changed = Watching(where).read()
    assert run_dirs[0] in read
    assert changed.observations[0].figures["test_bits_per_byte"] == 9.0
    (where / "index.cache").write_bytes(b"nothing of the kind")
    assert Watching(where).read().observations == changed.observations


def test_what_was_stopped_still_has_runs_to_make(where: Path) -> None:
    said(where, beginning(Watching(where).comparison))
    ran(where, "without", SEED, done("without", SEED))
    ran(where, "with", SEED, RunEnded(status="stopped", step=5, reason="stopped_by_person"))
    said(where, RunEnded(status="stopped", step=1, reason="stopped_by_person"))
    found = standing.read(where)
    assert (found.state, found.done_runs, found.planned_runs) == ("stopped", 1, 4)


def test_what_both_sides_read_from_the_same_training_is_never_open(tmp_path: Path) -> None:
    where = folder.create(tmp_path, *variants.with_and_without(NANO, "pruning", Rules(least_seeds=2, most_seeds=3)))
    found = standing.read(where)
    open_ = {metric for _, metric in found.judgement.undecided}
    assert "test_bits_per_byte" in open_
    assert not open_ & {"tokens_per_s", "train_seconds"}
