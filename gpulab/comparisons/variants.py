"""The arms of a comparison: each question a person can ask becomes a baseline, its variants and their experiments.

Arms differ in what is asked and in nothing else: name, seed and text are the experiment's own in all of them. Every arm
is checked as an experiment is before it runs, so that nothing starts of which a part cannot.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from gpulab.comparisons.arm_names import of_changes, of_dose, of_techniques
from gpulab.comparisons.sparing import arranged
from gpulab.hardware.machine import this_machine
from gpulab.spec.comparison import Comparison, Question, Rules, checked
from gpulab.spec.decode import all_settings, with_values
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import experiment_hash
from gpulab.spec.problem import BadInput, Problem, refuse
from gpulab.spec.setting import Value, unknown
from gpulab.techniques import BY_NAME, REGISTRY, chosen, fit
from gpulab.techniques.base import Technique

Made = tuple[Comparison, dict[str, Experiment]]
"""A comparison with the experiment of each arm by its key."""

Changes = Mapping[str, Value]
"""Values by the paths of their settings; `techniques.NAME` takes True or False and switches it."""

USUAL = Rules()
MOST_ARMS = 32
BASELINE = "baseline"
_SAME_FOR_ALL = ("name", "training.seed")
"""What no arm may change: the comparison itself decides on it."""


def with_and_without(experiment: Experiment, technique: str, rules: Rules = USUAL) -> Made:
    """`technique` with its settings in `experiment`, or its defaults where it is off there, against going without.

    Raises BadInput, as all of these do.
    """
    label = _known(technique).label
    arms = {"without": {f"techniques.{technique}": False}, "with": {f"techniques.{technique}": True}}
    made = _experiments(experiment, arms)
    names = {"without": "without", "with": of_techniques(made["with"], [technique])}
    return _made(f"{label}: with and without", "with_without", names, made, rules)


def one_at_a_time(experiment: Experiment, rules: Rules = USUAL) -> Made:
    """Each technique that `experiment` switches on, alone, against the experiment with none of them."""
    on = list(experiment.techniques)
    if not on:
        raise refuse("nothing_switched_on", "techniques")
    arms = {"without": _only((), on), **{name: _only((name,), on) for name in on}}
    made = _experiments(experiment, arms)
    names = {"without": "with none", **{name: of_techniques(made[name], [name]) for name in on}}
    return _made(f"{experiment.name}: one at a time", "one_at_a_time", names, made, rules)


def all_combinations(experiment: Experiment, techniques: Sequence[str], rules: Rules = USUAL) -> Made:
    """Every combination of `techniques`, against none of them; what else `experiment` switches on stays on."""
    asked = list(dict.fromkeys(techniques))
    for name in asked:
        _known(name)
    if not asked:
        raise refuse("nothing_switched_on", "techniques")
    if 2 ** len(asked) > MOST_ARMS:
        raise refuse("too_many_arms", "arms", count=2 ** len(asked), most=MOST_ARMS)
    sets = [names for size in range(1, len(asked) + 1) for names in itertools.combinations(asked, size)]
    keys = {_key("-".join(names), number): names for number, names in enumerate(sets, 1)}
    arms = {"without": _only((), asked), **{key: _only(names, asked) for key, names in keys.items()}}
    made = _experiments(experiment, arms)
    names_ = {"without": "with none", **{key: of_techniques(made[key], names) for key, names in keys.items()}}
    return _made(f"{experiment.name}: all combinations", "all_combinations", names_, made, rules)


def free(experiment: Experiment, changes: Sequence[Changes], rules: Rules = USUAL) -> Made:
    """`experiment` as it is against itself with each of `changes`."""
    keys = [f"variant-{number}" for number in range(1, len(changes) + 1)]
    made = _experiments(experiment, {BASELINE: {}, **dict(zip(keys, changes, strict=True))})
    named = [of_changes(made[key], change) for key, change in zip(keys, changes, strict=True)]
    names = {BASELINE: BASELINE, **dict(zip(keys, named, strict=True))}
    title = named[0] if len(named) == 1 else f"{len(named)} variants"
    return _made(f"{experiment.name}: {title}", "variants", names, made, rules)


def sides(experiment: Experiment, name: str, arms: Mapping[str, tuple[str, Changes]], rules: Rules = USUAL) -> Made:
    """`arms` by their keys, each a name and what it changes of `experiment`; the first is the baseline."""
    made = _experiments(experiment, {key: changes for key, (_, changes) in arms.items()})
    return _made(name, "variants", {key: named for key, (named, _) in arms.items()}, made, rules)


def doses(experiment: Experiment, path: str, values: Sequence[Value], rules: Rules = USUAL) -> Made:
    """The setting at `path` at each of `values`, the lowest first.

    The baseline goes without, where the dose is a technique's; else it has the value that `experiment` has.
    """
    settings = all_settings(REGISTRY)
    if path not in settings:
        raise BadInput(unknown(path, "", list(settings)))
    technique = path.split(".")[1] if path.startswith("techniques.") else ""
    own: Changes = {f"techniques.{technique}": False} if technique else {}
    kept = sorted(dict.fromkeys(values), key=lambda value: (isinstance(value, str), value))
    if not technique:
        kept = [value for value in kept if value != _value_at(experiment, path)]
    keys = {f"dose-{number}": value for number, value in enumerate(kept, 1)}
    made = _experiments(experiment, {BASELINE: own, **{key: {path: value} for key, value in keys.items()}})
    base = f"without {BY_NAME[technique].label}" if technique else of_dose(path, _value_at(experiment, path))
    names = {BASELINE: base, **{key: of_dose(path, value) for key, value in keys.items()}}
    title = f"{experiment.name}: {settings[path].label}"
    return _made(title, "doses", names, made, rules, dose=path)


def seed_at(comparison: Comparison, experiments: Mapping[str, Experiment], index: int) -> int:
    """The seed of every arm's run number `index` (from 0): the baseline's own, and those after it."""
    return (experiments[comparison.baseline.key].training.seed + index) % 2**31


def with_seed(experiment: Experiment, seed: int) -> Experiment:
    """`experiment` with another `training.seed`, which is all that an arm's runs differ in."""
    return msgspec.structs.replace(experiment, training=msgspec.structs.replace(experiment.training, seed=seed))


def with_rate(experiment: Experiment, rate: float) -> Experiment:
    """`experiment` with another learning rate."""
    return msgspec.structs.replace(
        experiment, training=msgspec.structs.replace(experiment.training, learning_rate=rate)
    )


def _known(technique: str) -> type[Technique]:
    if technique not in BY_NAME:
        raise BadInput(unknown(technique, "techniques", list(BY_NAME)))
    return BY_NAME[technique]


def _only(kept: Iterable[str], of: Iterable[str]) -> dict[str, Value]:
    on = set(kept)
    return {f"techniques.{name}": name in on for name in of}


def _key(wanted: str, number: int) -> str:
    return wanted if len(wanted) <= 64 else f"combination-{number}"


def _value_at(experiment: Experiment, path: str) -> Value:
    found: Any = experiment
    for name in path.split("."):
        found = getattr(found, name)
    value: Value = found
    return value


def _experiments(experiment: Experiment, arms: Mapping[str, Changes]) -> dict[str, Experiment]:
    """Each arm's experiment by key. Raises BadInput with everything that is wrong with any of them."""
    if len(arms) > MOST_ARMS:
        raise refuse("too_many_arms", "arms", count=len(arms), most=MOST_ARMS)
    made, found = {}, list[Problem]()
    machine = this_machine()
    for key, changes in arms.items():
        try:
            made[key] = fit(changed(experiment, changes), machine)
        except BadInput as bad:
            found += [problem for problem in bad.problems if problem not in found]
    if found:
        raise BadInput(*found)
    return made


def changed(experiment: Experiment, changes: Changes) -> Experiment:
    """`experiment` with all of `changes` made at once. Raises BadInput, also for what is the same on all sides."""
    if kept := next((path for path in changes if path in _SAME_FOR_ALL), ""):
        raise refuse("same_for_all_arms", kept)
    return with_values(experiment, changes, REGISTRY)


def _made(
    name: str,
    question: Question,
    names: Mapping[str, str],
    experiments: dict[str, Experiment],
    rules: Rules,
    dose: str = "",
) -> Made:
    """The comparison of `experiments`, the first of which is the baseline. Raises BadInput where two are equal."""
    found: dict[str, str] = {}
    for key, experiment in experiments.items():
        twin = found.setdefault(experiment_hash(experiment), key)
        if twin != key:
            raise refuse("arms_equal", "arms", one=names[twin], other=names[key])
    if rules.tune:
        _check_tunable(experiments, rules)
    return checked(Comparison(name, question, arranged(names, experiments), rules, dose)), experiments


def _check_tunable(experiments: Mapping[str, Experiment], rules: Rules) -> None:
    """Raises BadInput where an arm cannot search its own learning rate in short runs, or should not."""
    if len({experiment.training.learning_rate for experiment in experiments.values()}) > 1:
        raise refuse("rate_asked_and_tuned", "training.learning_rate")
    for experiment in experiments.values():
        for technique in chosen(experiment):
            if technique.workers() > 1:
                raise refuse("job_works_alone", f"techniques.{technique.name}", technique=technique.label)
        training = msgspec.structs.replace(experiment.training, steps=rules.tune_steps)
        fit(msgspec.structs.replace(experiment, training=training), this_machine())
