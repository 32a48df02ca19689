"""Figures of a lesson: bound to what its works came to, and written as everywhere else."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping

import msgspec

from gpulab.analysis.changes import Change
from gpulab.analysis.figures import between, reading, relative, setting, written, written_change, written_interval
from gpulab.analysis.intervals import average, paired_change
from gpulab.analysis.metrics import BY_KEY, is_number
from gpulab.analysis.numerals import NONE
from gpulab.lessons import making
from gpulab.lessons.outcomes import Measured, Outcome, Ran
from gpulab.lessons.show import Show
from gpulab.spec.decode import all_settings
from gpulab.spec.lesson_bindings import Binding, binding
from gpulab.spec.lesson_file import Written
from gpulab.spec.problem import BadInput
from gpulab.techniques import REGISTRY

_UNITS = (("_bytes", "B"), ("_s", "s"), ("_seconds", "s"), ("_joules", "J"), ("_per_s", "per s"), ("_share", "share"))


class Figure(msgspec.Struct, frozen=True):
    """A bound figure. `text` is how it is written, a dash while it is not known; `value` the number behind it.

    `side` is the arm's name, `what` what is measured, in plain words. `interval` is the 95 % interval where several
    seeds tell one. `per_seed` are the values of each seed.
    """

    path: str
    side: str = ""
    what: str = ""
    text: str = NONE
    value: float | None = None
    interval: str = ""
    per_seed: tuple[float, ...] = ()

    @property
    def known(self) -> bool:
        return self.value is not None


class Results:
    """What is known of a lesson's works at this moment. Make a new one to look again."""

    def __init__(self, written: Written, outcomes: Callable[[str], Outcome]) -> None:
        self.written, self._read = written, outcomes
        self._known: dict[str, Outcome] = {}

    def outcome(self, work: str) -> Outcome:
        """What the work came to; read from the disk once."""
        if work not in self._known:
            self._known[work] = self._read(work)
        return self._known[work]

    def figure(self, path: str) -> Figure:
        """The figure that `path` is bound to; one that is not known yet is a dash."""
        bound = binding(path, self.written.lesson)
        work = self.written.lesson.works(bound.work)
        side = work.arm(bound.arm).name if bound.arm else _trial(bound)
        made = msgspec.structs.replace(self._made(bound), path=path, side=side)
        return made if made.value is not None and math.isfinite(made.value) else Figure(path, side, made.what)

    def open(self, path: str) -> Figure:
        """The same while its work has not come to its end: what it will be, and a dash."""
        bound = binding(path, self.written.lesson)
        side = self.written.lesson.works(bound.work).arm(bound.arm).name if bound.arm else _trial(bound)
        return Figure(path, side, _label(bound.of.rpartition(".")[2]))

    def _made(self, bound: Binding) -> Figure:
        if bound.way == "setting":
            return self._setting(bound)
        outcome = self.outcome(bound.work)
        if bound.way == "trial":
            return _plain(bound.of, [value for job in outcome.jobs if (value := _of_job(job, bound.of)) is not None])
        runs = outcome.arms.get(bound.arm, [])
        if bound.way == "value":
            return _metric(bound.of, [one.figures[bound.of] for one in runs if bound.of in one.figures])
        if bound.way == "change":
            return _change(outcome, bound)
        return _plain(bound.of, [value for one in runs if (value := _read(one, bound)) is not None])

    def _setting(self, bound: Binding) -> Figure:
        work = self.written.lesson.works(bound.work)
        declared = all_settings(REGISTRY).get(bound.of)
        try:
            found: object = making.experiments_of(self.written, work, lambda _: "")[bound.arm]
        except BadInput:
            return Figure("")
        for name in bound.of.split("."):
            found = found.get(name) if isinstance(found, Mapping) else getattr(found, name, None)
        if declared is None or not is_number(found):
            return Figure("")
        return Figure("", what=declared.label, text=setting(float(found), declared.unit), value=float(found))


def _trial(bound: Binding) -> str:
    """What a job calls the trial; no name where it is called by its place alone."""
    name = bound.of.rpartition(".")[0] if bound.way == "trial" else ""
    return "" if name in ("first", "last", "suggestion") else name.replace("_", " ")


def results_of(show: Show) -> Results:
    """What is known of the works of `show` now."""
    return Results(show.written, lambda key: Outcome(show.lesson.works(key), show.standing(key).folders))


def _metric(key: str, values: list[float]) -> Figure:
    metric = BY_KEY[key]
    if not values:
        return Figure("", what=metric.label)
    middle = average(values)
    return Figure("", "", metric.label, written(metric, middle), middle, per_seed=tuple(values))


def _change(outcome: Outcome, bound: Binding) -> Figure:
    metric = BY_KEY[bound.of]
    base = {one.seed: one.figures for one in outcome.arms.get(outcome.work.arms[0].key, [])}
    pairs = [
        (base[one.seed][bound.of], one.figures[bound.of])
        for one in outcome.arms.get(bound.arm, [])
        if bound.of in one.figures and bound.of in base.get(one.seed, {})
    ]
    if not pairs:
        return Figure("", what=metric.label)
    each = tuple(value / before - 1.0 if before else math.nan for before, value in pairs)
    judged = outcome.judgement.of(bound.arm, bound.of) if outcome.judgement else None
    if judged is not None and judged.pairs == len(pairs):
        interval = written_interval(judged) if _bounded(judged) else ""
        return Figure("", "", metric.label, written_change(judged), judged.change, interval, each)
    told = paired_change([before for before, _ in pairs], [value for _, value in pairs])
    interval = between(told.value, told.low, told.high) if math.isfinite(told.low + told.high) else ""
    return Figure("", "", metric.label, relative(told.value), told.value, interval, each)


def _bounded(change: Change) -> bool:
    return math.isfinite(change.low + change.high)


def _plain(name: str, values: list[float]) -> Figure:
    key = name.rpartition(".")[2]
    label = _label(key)
    if not values:
        return Figure("", what=label)
    middle = statistics.fmean(values)
    text = written(BY_KEY[key], middle) if key in BY_KEY else reading(middle, _unit(key))
    return Figure("", "", label, text, middle, per_seed=tuple(values))


def _label(key: str) -> str:
    return BY_KEY[key].label if key in BY_KEY else key.removesuffix("_s").replace("_", " ")


def _unit(key: str) -> str:
    """What a figure that is declared nowhere is counted in: its name says so."""
    return next((unit for ending, unit in reversed(_UNITS) if key.endswith(ending)), "")


def _read(ran: Ran, bound: Binding) -> float | None:
    if bound.way == "found":
        examination, _, value = bound.of.partition(".")
        return ran.found(examination, value)
    if bound.way == "summary":
        found: object = ran.summary
        for name in bound.of.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
        return float(found) if is_number(found) else None
    values = [value for _, value in ran.series(bound.of)]
    if not values:
        return None
    return {"start": values[0], "end": values[-1], "best": min(values)}[bound.way]


def _of_job(job: Measured, of: str) -> float | None:
    """`first.loss`, `last.loss`, `suggestion.learning_rate`, or a name that the job gave one of its trials."""
    trial, _, value = of.rpartition(".")
    if trial == "suggestion":
        known = [dict(one.arguments) | dict(one.changes) for one in job.suggestions]
        found = next((one[value] for one in known if value in one), None)
        return float(found) if is_number(found) else None
    telling = [one for one in job.trials if one.values.get(value) is not None]
    named = [one for one in telling if trial in one.names.values()]
    chosen = {"first": telling[:1], "last": telling[-1:]}.get(trial, named[-1:])
    return chosen[0].values[value] if chosen else None
