"""The charts mark what went wrong, and quietly where a run held, went on and was best."""

from __future__ import annotations

from pathlib import Path

from gpulab.events.documents import AnyDocument, Notice, RunResumed, Sample
from gpulab.viewmodels.marks import Mark, marks_of
from gpulab.viewmodels.record import RunRecord


def record(*documents: AnyDocument) -> RunRecord:
    run = RunRecord("a", Path("a"), "a")
    run.take(documents)
    return run


def look(step: int, val_loss: float) -> Sample:
    return Sample(step=step, tokens=step, seconds=step, values={"val_loss": val_loss})


def test_bad_news_are_loud_and_pauses_quiet() -> None:
    skipped = Notice(key="step_skipped", step=7, severity="warning", arguments={"step": 7})
    paused, went_on = Notice(key="paused", step=9), Notice(key="continued", step=9)
    run = record(Notice(key="preparing"), skipped, paused, went_on, Notice(key="judging", step=20))
    assert marks_of(run) == (Mark(7, "warning", skipped), Mark(9, "quiet"))


def test_the_best_step_is_marked_once_it_is_past() -> None:
    run = record(look(10, 2.0), look(20, 1.5))
    assert marks_of(run) == ()
    run.take([look(30, 1.7)])
    assert marks_of(run) == (Mark(20, "quiet", best=True),)


def test_a_resumed_run_shows_where_it_went_on() -> None:
    run = record(look(10, 2.0), RunResumed(from_step=10, pid=1, pid_started=0.0))
    assert marks_of(run) == (Mark(10, "quiet"),)
