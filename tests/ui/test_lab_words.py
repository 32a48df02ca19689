"""What the table and the charts say of a run, in few words."""

from __future__ import annotations

from pathlib import Path

from gpulab.events.documents import Notice, RunEnded
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
