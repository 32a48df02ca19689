"""What is wrong with a lesson beyond its form: experiments that are missing or cannot run, figures nobody measures."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping

from gpulab.analysis.dangers import DETECTORS
from gpulab.analysis.metrics import BY_KEY
from gpulab.hardware.machine import this_machine
from gpulab.lessons import making
from gpulab.lessons.measured import FOUND, SERIES, SUMMARY
from gpulab.lessons.recordings import recorded, root_for
from gpulab.resources import resource
from gpulab.spec.decode import all_settings
from gpulab.spec.experiment import Experiment
from gpulab.spec.lesson import Reveal, Show, Work
from gpulab.spec.lesson_bindings import Binding, binding
from gpulab.spec.lesson_file import Written
from gpulab.spec.lesson_rules import all_bindings
from gpulab.spec.problem import BadInput, Problem
from gpulab.spec.setting import Value
from gpulab.spec.toml_lines import Path
from gpulab.techniques import REGISTRY
from gpulab.techniques import problems as of_techniques

_KNOWN_LATER = ("origin_not_named", "run_missing")
"""What is said of a run that is only made when the lesson runs."""


def problems(written: Written) -> Iterator[Problem]:
    """Everything that is wrong, by file, line and field."""
    yield from _pictures(written)
    for number, work in enumerate(written.lesson.work):
        yield from _work(written, work, ("work", number))
    for path, place in all_bindings(written.lesson).items():
        if problem := _unmeasured(binding(path, written.lesson)):
            yield written.problem(problem, place, path)
    yield from _charts(written)
    names = [detector.name for detector in DETECTORS]
    for number, promise in enumerate(written.lesson.promises):
        if promise.danger and promise.danger not in names:
            problem = _unknown("lesson_danger_unknown", promise.danger, names)
            yield written.problem(problem, ("promises", number, "danger"))


def _pictures(written: Written) -> Iterator[Problem]:
    named: list[tuple[str, Path]] = [(written.lesson.picture, ("picture",))]
    named += [(step.picture, ("steps", number, "picture")) for number, step in enumerate(written.lesson.steps)]
    for name, place in named:
        if name and not resource("pictures", f"{name}.svg").is_file():
            yield written.problem(Problem("lesson_picture_missing", "", {"name": name}), place)


def _charts(written: Written) -> Iterator[Problem]:
    for number, step in enumerate(written.lesson.steps):
        if isinstance(step, Show | Reveal) and step.chart and step.chart not in SERIES:
            yield written.problem(_unknown("lesson_series_unknown", step.chart, SERIES), ("steps", number, "chart"))


def _work(written: Written, work: Work, place: Path) -> Iterator[Problem]:
    if work.recording and recorded(work.recording, root_for(work.recording, written.path)) is None:
        problem = Problem("lesson_recording_missing", "", {"name": work.recording})
        yield written.problem(problem, (*place, "recording"))
    try:
        making.base_of(written, work)
    except BadInput as bad:
        yield from (written.problem(problem, (*place, "experiment")) for problem in bad.problems)
        return
    try:
        experiments = making.experiments_of(written, work, lambda _: "")
        found = [] if written.lesson.needs else [*_impossible(experiments.values())]
        if work.kind == "comparison" and not found:
            making.comparison_of(written, work, 1, lambda _: "")
    except BadInput as bad:
        found = list(bad.problems)
    if work.kind == "job":
        try:
            making.job_of(written, work, lambda _: "later")
        except BadInput as bad:
            found += bad.problems
    for problem in found:
        if problem.key not in _KNOWN_LATER:
            yield _placed(written, work, place, problem)


def _impossible(experiments: Iterable[Experiment]) -> Iterator[Problem]:
    machine, seen = this_machine(), list[Problem]()
    for experiment in experiments:
        for problem in of_techniques(experiment, machine):
            if problem not in seen:
                seen.append(problem)
                yield problem


def _placed(written: Written, work: Work, place: Path, problem: Problem) -> Problem:
    """Where the setting is changed that `problem` is about; its path stands in the field."""
    tables: list[tuple[Path, Mapping[str, Value]]] = [
        (("changes",), work.changes),
        (("settings",), work.settings),
        *((("arms", index, "changes"), arm.changes) for index, arm in enumerate(work.arms)),
    ]
    for within, table in tables:
        for path in table:
            if problem.field and (path == problem.field or problem.field.startswith(f"{path}.")):
                return written.problem(problem, (*place, *within, path))
    found = written.problem(problem, place)
    return Problem(found.key, f"{found.field}.{problem.field}".rstrip("."), found.arguments)


def _unmeasured(bound: Binding) -> Problem | None:
    """What is wrong with what `bound` names; trials have names that their jobs give them as they go."""
    if bound.way in ("value", "change") and bound.of not in BY_KEY:
        return _unknown("lesson_metric_unknown", bound.of, BY_KEY)
    if bound.way == "setting":
        numbers = [path for path, one in all_settings(REGISTRY).items() if one.kind in ("int", "float")]
        return None if bound.of in numbers else _unknown("lesson_setting_unknown", bound.of, numbers)
    if bound.way in ("start", "end", "best") and bound.of not in SERIES:
        return _unknown("lesson_series_unknown", bound.of, SERIES)
    if bound.way == "summary" and bound.of.partition(".")[0] not in (*SUMMARY, "slices", "compressed"):
        return _unknown("lesson_summary_unknown", bound.of, SUMMARY)
    examination, _, value = bound.of.partition(".")
    if bound.way == "found" and value not in FOUND.get(examination, ()):
        every = [f"{name}.{one}" for name, values in FOUND.items() for one in values]
        return _unknown("lesson_found_unknown", bound.of, every)
    return None


def _unknown(key: str, name: str, known: Iterable[str]) -> Problem:
    return Problem(key, "", {"name": name, "nearest": _near(name, sorted(known))})


def _near(name: str, known: list[str]) -> str:
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.0)), "")
