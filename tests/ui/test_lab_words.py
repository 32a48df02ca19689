"""What the table and the charts say of a run, in few words."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from gpulab.events.documents import Notice, RunEnded
from gpulab.ui.lab.dialogs import ask_to_stop
from gpulab.ui.lab.words import marker, state_of
from gpulab.viewmodels.marks import Mark
from gpulab.viewmodels.record import RunRecord


def test_markers_speak_instead_of_keys() -> None:
    skipped = Notice(key="step_skipped", step=5, arguments={"step": 5})
    assert marker(Mark(5, "warning", skipped)) == "Step 5 was skipped"
    failed = Notice(key="checkpoint_failed", step=5, arguments={"detail": "No space left on device"})
    assert marker(Mark(5, "danger", failed)) == "A checkpoint could not be saved"
    assert marker(Mark(5, "quiet", best=True)) == "best"
    assert marker(Mark(5, "quiet")) == ""


def test_a_run_whose_model_is_not_on_the_disk_says_so() -> None:
    run = RunRecord("run", Path("/runs/run"), "run")
    run.take([RunEnded(status="done", step=1, summary={"model_bytes": 10})])
    assert state_of(run) == "✓ Done"
    run.take([RunEnded(status="done", step=1, summary={"model_bytes": None})])
    assert state_of(run) == "✓ Done, not saved ▲"


def test_the_question_about_stopping_follows_the_training_behind_it(qtbot: QtBot) -> None:
    run = RunRecord("id", Path("run"), "Baseline")
    run.step = 10
    parent = QWidget()
    qtbot.addWidget(parent)
    box = ask_to_stop(parent, run, lambda: None, lambda: None)
    assert "step 10" in box.informativeText()
    run.step = 25
    qtbot.waitUntil(lambda: "the 25 steps" in box.informativeText())
