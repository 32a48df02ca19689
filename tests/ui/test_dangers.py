"""A danger stands in the story with its evidence and what to try, in the charts and in the table."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gpulab.analysis.dangers import Danger, Detector, Evidence, Try
from gpulab.events.documents import AnyDocument, Notice, RunEnded, RunStarted, Sample
from gpulab.events.log import EventLog
from gpulab.runs import folder
from gpulab.spec.decode import encode
from gpulab.spec.experiment import Experiment
from gpulab.ui.lab.danger_cards import DangerCard
from gpulab.ui.lab.story_column import StoryColumn
from gpulab.viewmodels import dangers
from gpulab.viewmodels.dangers import look
from gpulab.viewmodels.record import RunRecord
from tests.ui.window import root, tiny, until, window_on

__all__ = ["root"]


def _overfitting(evidence: Evidence) -> Danger | None:
    known = evidence.points("val_loss").known
    best_step, best = min(known, key=lambda one: one[1], default=(0, 0.0))
    if not known or known[-1][1] < 1.1 * best:
        return None
    figures = {"best_step": best_step, "percent": 25.0, "best": best, "now": known[-1][1], "gap": 1.0}
    tries = (Try("suggest_learning_rate", {"training.learning_rate": 1e-4, "techniques.dropout.probability": 0.3}),)
    return Danger("overfitting", "danger", evidence.step, figures, "val_loss", tries)


def _broken(evidence: Evidence) -> Danger | None:
    raise ValueError("no such thing")


RULE = Detector(
    "overfitting", "Overfitting", "How far it rose.", "2 %.", "<Chance> moves less.", "Prechelt", _overfitting
)
BROKEN = Detector("broken", "Broken rule", "", "", "", "", _broken)


def documents(experiment: Experiment) -> list[AnyDocument]:
    """A validation loss that turns at step 20."""
    told: list[AnyDocument] = [
        RunStarted(
            format=1, experiment=encode(experiment), experiment_hash="", seed=1, versions={}, device="cpu",
            device_name="CPU", threads=1, technique_order=(), parameters=10, vocab_size=64, steps=40,
            tokens_per_step=8, training_tokens=800, pid=1, pid_started=0.0,
        ),
        Notice(key="preparing"),
    ]  # fmt: skip
    for step, loss in ((10, 3.0), (20, 2.0), (30, 2.5), (40, 2.6)):
        values: dict[str, float | None] = {
            "train_loss": 4.0 - step * 0.08,
            "val_loss": loss,
            "tokens_per_s": 100.0 + step,
        }
        told.append(Sample(step=step, tokens=step * 8, seconds=step * 0.5, values=values))
    return [*told, RunEnded(status="done", step=40, summary={})]


def recorded(into: Path, experiment: Experiment) -> Path:
    run_dir = folder.create(into, experiment)
    with EventLog(run_dir) as log:
        log.append(documents(experiment))
    return run_dir


def shown(column: StoryColumn, count: int, *rules: Detector) -> RunRecord:
    run = RunRecord("a", Path("a"), "a")
    run.take(documents(tiny())[:count])
    look(run, rules or (RULE,))
    column.show_run(run)
    return run


def test_a_card_comes_with_the_danger_and_goes_with_its_run(qtbot: QtBot) -> None:
    column = StoryColumn()
    qtbot.addWidget(column)
    shown(column, 4)
    assert column.dangers == {}
    shown(column, 5)
    card = column.dangers["overfitting"]
    assert card.isVisibleTo(column)
    assert card.title.text() == "■ Danger: Overfitting"
    assert card.since.text() == "since step 30"
    assert "2.5" in card.words.text()
    column.show_run(RunRecord("b", Path("b"), "b"))
    assert not card.isVisibleTo(column)


def test_the_evidence_is_one_click_away_and_asks_for_its_chart(qtbot: QtBot) -> None:
    column = StoryColumn()
    qtbot.addWidget(column)
    shown(column, 6)
    card, asked = column.dangers["overfitting"], list[str]()
    column.chart_asked.connect(asked.append)
    assert not card.evidence.isVisibleTo(column)
    card.more.click()
    assert card.evidence.isVisibleTo(column)
    assert "&lt;Chance&gt; moves less." in card.evidence.text()
    assert asked == ["val_loss"]
    shown(column, 7)
    assert card.evidence.isVisibleTo(column)  # what is read must not close
    column.set_calm(True)
    assert not card.evidence.isVisibleTo(column)
    assert not card.tries.isVisibleTo(column)


def test_a_rule_that_failed_is_named(qtbot: QtBot) -> None:
    column = StoryColumn()
    qtbot.addWidget(column)
    shown(column, 8, BROKEN, RULE)
    said = [card.words.text() for card in column.notices if card.isVisibleTo(column)]
    assert len(said) == 1
    assert "Broken rule" in said[0]
    assert "no such thing" in said[0]
    assert "overfitting" in column.dangers


def test_what_to_try_is_one_step_back_and_forth(root: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dangers, "DETECTORS", (RULE,))
    run_dir = recorded(root, tiny())
    with window_on(root, qtbot) as window:
        before = window.form.model.state
        assert window.runs.model.index_of(run_dir.name).siblingAtColumn(3).data() == ""
        window.runs.select(run_dir.name)
        until(qtbot, lambda: window.story.dangers)
        row = window.runs.model.index_of(run_dir.name)
        assert row.siblingAtColumn(3).data() == "■ 1"
        card = window.story.dangers["overfitting"]
        assert isinstance(card, DangerCard)
        card.buttons[0].click()
        form = window.form.model
        assert form.value("training.learning_rate") == 1e-4
        assert form.is_on("dropout")
        assert "Learning rate 0.0001" in card.taken_note.text()
        window.form.undo_stack.undo()
        assert form.state.values == before.values
        assert form.state.on == before.on
        assert not card.taken_note.isVisibleTo(window)
        assert window.charts.grid is not None
        until(qtbot, lambda: (30, "Overfitting", "danger") in window.charts.grid.state.runs[run_dir.name].markers)  # type: ignore[union-attr]
        card.more.click()
        assert window.charts.grid.panels[0] is window.focusWidget()
