"""The dangers of a run on the screen: its record becomes evidence, which is looked at only when there is news in it."""

from __future__ import annotations

from collections.abc import Sequence

from gpulab.analysis.commentary import commentary
from gpulab.analysis.dangers import DETECTORS, Detector, Evidence, Points, Try
from gpulab.analysis.dangers.watch import Lazy, Watch
from gpulab.comparisons.dangers import evidence_of, label_of
from gpulab.spec.setting import Value
from gpulab.viewmodels.record import RunRecord


def look(run: RunRecord, detectors: Sequence[Detector] | None = None) -> None:
    """Has the rules look at `run` where a look at held-out text, a notice, a resume or the end came since last time."""
    if run.started is None or run.news == run.news_seen:
        return
    run.news_seen = run.news
    if run.watch is None:
        run.watch = Watch(DETECTORS if detectors is None else detectors)
    if run.went_back_to is not None:
        run.watch.go_back(run.went_back_to)
        run.went_back_to = None
    found = evidence(run)
    run.watch.look(found)
    run.commentary = commentary(found, label_of)


def evidence(run: RunRecord) -> Evidence:
    """What is known of a run that has begun; a series is read when a rule first asks for it."""
    assert run.started is not None
    series = run.series

    def points(key: str) -> Points:
        rows, values = series.points(key)
        return Points(series.step[rows].tolist(), values.tolist())

    return evidence_of(run.started, run.ended, run.step, run.happened, run.findings, Lazy(series.keys, points))


def changes_of(one: Try) -> dict[str, Value]:
    """The settings that `one` changes, with the techniques switched on that they belong to."""
    changes: dict[str, Value] = dict(one.changes)
    for path in one.changes:
        group, _, rest = path.partition(".")
        name, _, setting = rest.partition(".")
        if group == "techniques" and setting:
            changes.setdefault(f"techniques.{name}", True)
    return changes


def technique_at(path: str) -> str:
    """The label of the technique that `techniques.NAME` switches; its name where it is not known here."""
    return label_of(path.removeprefix("techniques."))
