"""From what a lesson says of a work to the experiments, comparisons and jobs that are run for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import get_args

import msgspec

from gpulab.comparisons.variants import Made, sides
from gpulab.spec.comparison import Rules
from gpulab.spec.decode import all_settings, with_values
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import SUFFIX, load, with_text_found
from gpulab.spec.jobs import ASKS, Job, Kind, ask
from gpulab.spec.lesson import Work
from gpulab.spec.lesson_file import Written
from gpulab.spec.presets import PRESETS, experiment_from
from gpulab.spec.problem import refuse
from gpulab.spec.setting import Value, settings_of
from gpulab.techniques import REGISTRY

RunOf = Callable[[str], str]
"""The folder of an earlier work's run, by what stands behind the @: `base`, `prune.half`."""

JOBS: tuple[Kind, ...] = get_args(Kind)


def base_of(written: Written, work: Work) -> Experiment:
    """The experiment that `work` begins with, before its changes. Raises BadInput."""
    beside = written.path.parent / f"{work.experiment}{SUFFIX}"
    if beside.is_file():
        return with_text_found(load(beside, REGISTRY), beside)
    if work.experiment in PRESETS:
        return experiment_from(work.experiment)
    raise refuse("lesson_experiment_missing", name=work.experiment)


def experiments_of(written: Written, work: Work, run_of: RunOf) -> dict[str, Experiment]:
    """The experiment of each arm by its key; of other kinds of work one, under no key. Raises BadInput."""
    base = _changed(written, base_of(written, work), work.changes, run_of)
    named = msgspec.structs.replace(base, name=written.lesson.title)
    arms = {arm.key: arm.changes for arm in work.arms} or {"": {}}
    return {key: _changed(written, named, changes, run_of) for key, changes in arms.items()}


def comparison_of(written: Written, work: Work, seeds: int, run_of: RunOf) -> Made:
    """The comparison that `work` asks for, over `seeds` seeds and no more. Raises BadInput."""
    base = _changed(written, base_of(written, work), work.changes, run_of)
    arms = {arm.key: (arm.name, _found(written, arm.changes, run_of)) for arm in work.arms}
    return sides(base, written.lesson.title, arms, Rules(least_seeds=seeds, most_seeds=seeds))


def job_of(written: Written, work: Work, run_of: RunOf) -> Job:
    """The job that `work` asks for. Raises BadInput."""
    kind = next((one for one in JOBS if one == work.job), None)
    if kind is None:
        raise refuse("lesson_job_unknown", name=work.job, known=", ".join(JOBS))
    leads = {setting.path for setting in settings_of(ASKS[kind]) if setting.leads_to}
    return ask(kind, _resolved(written, work.settings, run_of, leads))


def _changed(written: Written, experiment: Experiment, changes: Mapping[str, Value], run_of: RunOf) -> Experiment:
    return with_values(experiment, _found(written, changes, run_of), REGISTRY)


def _found(written: Written, changes: Mapping[str, Value], run_of: RunOf) -> dict[str, Value]:
    leads = {path for path, setting in all_settings(REGISTRY).items() if setting.leads_to}
    return _resolved(written, changes, run_of, leads)


def _resolved(written: Written, values: Mapping[str, Value], run_of: RunOf, leads: set[str]) -> dict[str, Value]:
    """`values` with earlier works' runs, and files beside the lesson, by their paths."""
    folder = written.path.resolve().parent

    def resolved(path: str, value: Value) -> Value:
        if isinstance(value, str) and value.startswith("@"):
            return run_of(value[1:])
        if isinstance(value, str) and value and path in leads and (folder / value).exists():
            return str(folder / value)
        return value

    return {path: resolved(path, value) for path, value in values.items()}
