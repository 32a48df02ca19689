"""How much of a compression can be tried on a trained model: the doses of each technique that has any."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from gpulab.hardware.machine import Machine
from gpulab.spec.decode import decode, encode, parse_value
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import BadInput, Problem, refuse
from gpulab.spec.setting import Setting, Value, settings_of
from gpulab.techniques import BY_NAME, REGISTRY, TECHNIQUES, problems
from gpulab.techniques.base import Technique
from gpulab.techniques.ladder import Ladder

LADDERS: Mapping[str, Ladder] = {technique.name: technique.ladder for technique in TECHNIQUES if technique.ladder}


def dosed(name: str) -> str:
    """The technique called `name`, or the first that has doses where it is empty. Raises BadInput for any other."""
    if name and name not in LADDERS:
        raise refuse("doses_unknown_technique", "technique", value=name, choices=", ".join(LADDERS))
    return name or next(iter(LADDERS))


class Dose(msgspec.Struct, frozen=True):
    """One dose of `technique`: the value of its setting, that as a number (of a scheme, its bits) and in words.

    `experiment` is the run's own with the compression in it and without other compressions: its model is not yet
    compressed.
    """

    technique: str
    value: Value
    amount: float
    words: str
    experiment: Experiment


def doses(run: Experiment, technique: str, setting: str, values: str, machine: Machine) -> list[Dose]:
    """The doses of `technique` for a model that was trained as `run` says.

    `setting` empty is the ladder's own; `values` are typed with spaces between, empty for the ladder's own, of which
    those are left out that this model or `machine` cannot take. Raises BadInput at `technique`, `setting` or `values`.
    """
    technique = dosed(technique)
    ladder = LADDERS[technique]
    declared = {each.name: each for each in settings_of(REGISTRY[technique])}
    name = setting or ladder.setting
    if name not in declared:
        known = ", ".join(each for each in declared if each != "when")
        raise refuse("doses_unknown_setting", "setting", technique=BY_NAME[technique].label, known=known)
    typed = values.replace(",", " ").split()
    if not typed and name != ladder.setting:
        raise refuse("doses_need_two", "values")
    wanted = [_value(declared[name], text) for text in typed] if typed else list(ladder.values)
    found, wrong = list[Dose](), list[Problem]()
    for value in dict.fromkeys(wanted):
        experiment = _compressed(run, technique, name, value)
        refused = list(_problems(experiment, technique, machine))
        wrong += refused
        if not refused:
            found.append(Dose(technique, value, _amount(value), _words(declared[name], value), experiment))
    if wrong and (typed or not found):
        raise BadInput(*(msgspec.structs.replace(problem, field="values") for problem in wrong))
    if len(found) < 2 and typed:
        raise refuse("doses_need_two", "values")
    return found


def _value(setting: Setting, text: str) -> Value:
    try:
        return parse_value(setting, text)
    except BadInput as bad:
        raise BadInput(*(msgspec.structs.replace(problem, field="values") for problem in bad.problems)) from bad


def _compressed(run: Experiment, technique: str, setting: str, value: Value) -> Experiment:
    table = encode(run)
    kept = {name: settings for name, settings in table["techniques"].items() if name not in LADDERS}
    own = {**table["techniques"].get(technique, {}), setting: value}
    if "when" in own or any(each.name == "when" for each in settings_of(REGISTRY[technique])):
        own["when"] = "after_training"
    if "aware" in own:
        own["aware"] = False  # the training is over
    return decode({**table, "techniques": {**kept, technique: own}}, REGISTRY)


def _problems(experiment: Experiment, technique: str, machine: Machine) -> Iterator[Problem]:
    """What keeps the compression from this model, whatever else of the run this machine could not do."""
    device = experiment.device if experiment.device in machine.devices else "auto"
    here = msgspec.structs.replace(experiment, device=device)
    own = f"techniques.{technique}"
    return (problem for problem in problems(here, machine) if problem.field.split(".")[:2] == own.split("."))


def _amount(value: Value) -> float:
    if isinstance(value, str):
        digits = re.search(r"\d+", value)
        return float(digits.group()) if digits else 0.0
    return float(value)


def _words(setting: Setting, value: Value) -> str:
    return setting.label_of(value) if isinstance(value, str) else f"{value:g}"


def compression(dose: Dose) -> Technique:
    """The technique that gives the dose."""
    return BY_NAME[dose.technique](dose.experiment.techniques[dose.technique])
