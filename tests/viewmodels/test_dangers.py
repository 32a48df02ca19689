"""A run on the screen and its record on the disk show the same dangers, at the cost of a look and not of a sample."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from gpulab.analysis.dangers import DETECTORS, Danger, Detector, Evidence, Try
from gpulab.comparisons.dangers import dangers_in
from gpulab.events.documents import AnyDocument, Notice, RunEnded, RunResumed, RunStarted, Sample
from gpulab.events.log import EventLog
from gpulab.runs import folder
from gpulab.spec.decode import encode
from gpulab.spec.presets import experiment_from
from gpulab.viewmodels import loading
from gpulab.viewmodels.dangers import changes_of, evidence, look
from gpulab.viewmodels.marks import Mark, marks_of
from gpulab.viewmodels.record import RunRecord
from gpulab.viewmodels.runs_table import COLUMNS

EXPERIMENT = experiment_from("nano")
STARTED = RunStarted(
    format=1, experiment=encode(EXPERIMENT), experiment_hash="", seed=1, versions={}, device="cpu", device_name="CPU",
    threads=1, technique_order=(), parameters=10, vocab_size=64, steps=60, tokens_per_step=8, training_tokens=800,
    pid=1, pid_started=0.0,
)  # fmt: skip
ASKED: list[Evidence] = []


def _turned(evidence: Evidence) -> Danger | None:
    ASKED.append(evidence)
    known = evidence.points("val_loss").known
    rise = known[-1][1] - min(value for _, value in known) if known else 0.0
    return Danger("turned", "danger", evidence.step, {"by": round(rise, 2)}, "val_loss") if rise > 0.3 else None


def _noticed(evidence: Evidence) -> Danger | None:
    steps = [one.step for one in evidence.happenings if one.key == "stalled"]
    return Danger("stalled_often", "warning", steps[0] or 0, {"times": len(steps)}) if steps else None


RULES = (
    Detector("turning", "Turning", "the loss", "0.3", "it hurts", "nobody", _turned),
    Detector("stalling", "Stalls", "stalls", "one", "it waits", "nobody", _noticed),
)


def sample(step: int, **values: float | None) -> Sample:
    return Sample(step=step, tokens=step * 8, seconds=step * 0.5, values=values)


def story() -> list[AnyDocument]:
    """Turns at step 30, is resumed at 20, turns again at 40, and ends better than ever."""
    documents: list[AnyDocument] = [STARTED, Notice(key="preparing")]
    for step, loss in ((10, 3.0), (20, 2.0), (30, 2.5)):
        documents += [sample(step - 5, train_loss=2.0), sample(step, train_loss=2.0, val_loss=loss)]
    documents.append(RunResumed(from_step=20, pid=1, pid_started=0.0))
    documents.append(Notice(key="stalled", arguments={"seconds": 3.0}))
    for step, loss in ((30, 1.9), (40, 2.6), (50, 1.5)):
        documents += [sample(step - 5, train_loss=2.0), sample(step, train_loss=2.0, val_loss=loss)]
    documents.append(RunEnded(status="done", step=50, summary={"test_bits_per_byte": 2.0}))
    return documents


def followed(batch: int = 1) -> RunRecord:
    run = RunRecord("a", Path("a"), "a")
    documents = story()
    for begin in range(0, len(documents), batch):
        run.take(documents[begin : begin + batch])
        look(run, RULES)
    return run


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_dangers_do_not_depend_on_how_documents_come(batch: int) -> None:
    told = [(one.detector.name, one.danger.step, dict(one.danger.arguments)) for one in followed(batch).dangers]
    assert told == [("turning", 40, {"by": 0.7}), ("stalling", 20, {"times": 1})]


def test_the_record_on_the_disk_shows_the_same(tmp_path: Path) -> None:
    run_dir = folder.create(tmp_path, EXPERIMENT)
    with EventLog(run_dir) as log:
        log.append(story())
    assert dangers_in(run_dir, RULES).raised == followed().dangers
    run = loading.complete(loading.opened(run_dir))
    assert run.watch is not None
    assert run.switched_off == []
    assert evidence(run).points("val_loss") == ([10, 20, 30, 40, 50], [3.0, 2.0, 1.9, 2.6, 1.5])
    assert run.dangers == dangers_in(run_dir, DETECTORS).raised


def test_samples_alone_ask_nobody() -> None:
    run = followed()
    before = len(ASKED)
    for step in range(51, 60):
        run.take([sample(step, train_loss=2.0, tokens_per_s=5.0)])
        look(run, RULES)
    assert len(ASKED) == before


def test_each_danger_is_marked_in_the_charts_at_its_step() -> None:
    loud = [mark for mark in marks_of(followed()) if mark.danger]
    assert loud == [Mark(40, "danger", danger="Turning"), Mark(20, "warning", danger="Stalls")]


def test_the_table_counts_dangers_by_the_gravest() -> None:
    (column,) = [column for column in COLUMNS if column.key == "dangers"]
    run = followed()
    assert column.text(run) == "■ 2"
    assert column.text(RunRecord("b", Path("b"), "b")) == ""
    mild = followed()
    assert mild.watch is not None
    mild.watch.go_back(30)
    assert column.text(mild) == "▲ 1"
    none = RunRecord("b", Path("b"), "b")
    assert sorted([mild, none, run], key=column.order) == [none, mild, run]


def test_trying_a_technique_switches_it_on() -> None:
    change = changes_of(Try("calmer", {"training.learning_rate": 1e-3, "techniques.dropout.probability": 0.2}))
    assert change == {
        "training.learning_rate": 1e-3,
        "techniques.dropout.probability": 0.2,
        "techniques.dropout": True,
    }
    off = {"techniques.dropout": False}
    assert changes_of(Try("off", off)) == off


def test_a_value_that_was_not_finite_leaves_no_point() -> None:
    run = RunRecord("a", Path("a"), "a")
    run.take([STARTED, sample(1, train_loss=None), sample(2, train_loss=2.0)])
    assert evidence(run).points("train_loss") == ([2], [2.0])
    assert msgspec.structs.replace(evidence(run), series={}).step == 2
