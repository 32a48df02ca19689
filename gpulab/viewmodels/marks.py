"""Which steps of a run deserve a line in the charts: what went wrong loudly, where it held or was best quietly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec
import numpy as np

from gpulab.events.documents import Notice
from gpulab.viewmodels.record import RunRecord

Loudness = Literal["danger", "warning", "quiet"]

_PROFILED = "profiled"
_HELD = frozenset(("paused", "continued"))


class Mark(msgspec.Struct, frozen=True):
    """A step with something to say: a notice's sentence, a danger's name, or that validation was best there."""

    step: int
    loudness: Loudness
    notice: Notice | None = None
    best: bool = False
    danger: str = ""


def marks_of(run: RunRecord) -> tuple[Mark, ...]:
    """The marks of `run`, in the order of their kinds."""
    return (*_loud(run), *_quiet(run))


def _loud(run: RunRecord) -> Iterator[Mark]:
    for notice in run.notices:
        if notice.step and notice.severity != "info":
            yield Mark(notice.step, notice.severity, notice)
    for one in run.dangers:
        if one.danger.step:
            severity = one.danger.severity
            yield Mark(one.danger.step, "quiet" if severity == "info" else severity, danger=one.detector.label)


def _quiet(run: RunRecord) -> Iterator[Mark]:
    held = {notice.step for notice in run.notices if notice.step and notice.key in _HELD}
    for step in sorted(held | set(run.resumed_at)):
        yield Mark(step, "quiet")
    for notice in run.notices:
        if notice.step and notice.key == _PROFILED:
            yield Mark(notice.step, "quiet", notice)
    if run.best_step and _newest_look(run) > run.best_step:
        yield Mark(run.best_step, "quiet", best=True)


def _newest_look(run: RunRecord) -> int:
    """The step of the newest validation: while that one is the best a mark would only run along with it."""
    looks = np.flatnonzero(np.isfinite(run.series.values("val_loss")))
    return int(run.series.step[looks[-1]]) if len(looks) else 0
