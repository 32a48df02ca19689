"""The form must hold what a person typed, wrong or right, without ever losing the last experiment that was legal."""

from __future__ import annotations

from collections.abc import Mapping, Set
from types import MappingProxyType
from typing import Any

import msgspec

from gpulab.hardware.machine import Machine
from gpulab.spec.decode import all_settings, decode, encode
from gpulab.spec.experiment import Experiment
from gpulab.spec.presets import apply_preset, preset, preset_of
from gpulab.spec.problem import BadInput, Problem
from gpulab.spec.setting import Setting, Value
from gpulab.techniques import REGISTRY, problems

_GROUPS = {"model": "Model", "data": "Data", "training": "Training", "evaluation": "Evaluation", "": "Device"}
_IN_THE_HEADER = ("name",)


class Group(msgspec.Struct, frozen=True):
    """Settings that stand together under one title."""

    key: str
    title: str
    settings: tuple[Setting, ...]


class FormState(msgspec.Struct, frozen=True):
    """Everything the form holds at one moment; going back to a state undoes whatever came after it.

    `values` has what each setting's field shows, text where what was typed is no value of its kind, also for techniques
    that are off: switched on again, they are as they were. `on` names the techniques that are on. `experiment` is the
    last legal one.
    """

    values: Mapping[str, Value]
    on: frozenset[str]
    experiment: Experiment

    def changed(self, other: FormState) -> set[str]:
        """The paths at which `other` differs, techniques that were switched among them."""
        paths = {path for path, value in self.values.items() if not _same(other.values[path], value)}
        return paths | {f"techniques.{name}" for name in self.on ^ other.on}


class FormModel:
    """The state of the form on one machine. Every change answers with what is wrong now."""

    def __init__(self, machine: Machine, experiment: Experiment | None = None) -> None:
        self.machine = machine
        self.settings = all_settings(REGISTRY)
        values = {path: setting.default for path, setting in self.settings.items()}
        self._state = FormState(MappingProxyType(values), frozenset(), Experiment())
        self._problems: tuple[Problem, ...] = ()
        self.load(experiment or Experiment())

    @property
    def state(self) -> FormState:
        return self._state

    @property
    def experiment(self) -> Experiment:
        """The last legal experiment, which is what the form shows whenever `problems` is empty."""
        return self._state.experiment

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self._problems

    @property
    def preset(self) -> str | None:
        """The name of the preset that the model's fields show, or None."""
        return preset_of(self.experiment.model)

    @property
    def device(self) -> str:
        """The device that the training would run on here."""
        return self.machine.resolved(str(self._state.values["device"]))

    def value(self, path: str) -> Value:
        return self._state.values[path]

    def is_on(self, technique: str) -> bool:
        return technique in self._state.on

    def set(self, path: str, value: Value) -> tuple[Problem, ...]:
        """Changes one setting, to a value that need not be legal."""
        values = {**self._state.values, path: value}
        return self._enter(values, self._state.on)

    def switch(self, technique: str, on: bool) -> tuple[Problem, ...]:
        """Switches a technique; its settings stay what they were."""
        changed = self._state.on | {technique} if on else self._state.on - {technique}
        return self._enter(self._state.values, changed)

    def pick_preset(self, name: str) -> tuple[Problem, ...]:
        """Takes a preset's shape, batch and steps, with its name where the name was a preset's too."""
        chosen = preset(name)
        picked = apply_preset(self.experiment, chosen)
        shaped = _flat({**encode(picked), "techniques": {}})
        taken = {path: shaped[path] for path in self.settings if path.startswith("model.")}
        taken |= {path: shaped[path] for path in ("training.batch_size", "training.steps")}
        if (before := self.preset) and self.value("name") == f"GPT {before}":
            taken["name"] = f"GPT {name}"
        return self._enter({**self._state.values, **taken}, self._state.on)

    def load(self, experiment: Experiment) -> tuple[Problem, ...]:
        """Shows `experiment`; techniques that it does not use keep the settings they had."""
        return self._enter({**self._state.values, **_flat(encode(experiment))}, frozenset(experiment.techniques))

    def restore(self, state: FormState) -> tuple[Problem, ...]:
        """Goes back (or forth) to a state that this form was in."""
        self._state = state
        _, self._problems = self._judged(state.values, state.on)
        return self._problems

    def _enter(self, values: Mapping[str, Value], on: frozenset[str]) -> tuple[Problem, ...]:
        experiment, self._problems = self._judged(values, on)
        self._state = FormState(MappingProxyType(dict(values)), on, experiment or self._state.experiment)
        return self._problems

    def _judged(self, values: Mapping[str, Value], on: frozenset[str]) -> tuple[Experiment | None, tuple[Problem, ...]]:
        """The experiment, if `values` make one, with all that keeps it from running here."""
        try:
            experiment = decode(_table(values, on), REGISTRY)
        except BadInput as refusal:
            return None, self._all_wrong(values, on, refusal.problems)
        return experiment, tuple(problems(experiment, self.machine))

    def _all_wrong(self, values: Mapping[str, Value], on: Set[str], found: tuple[Problem, ...]) -> tuple[Problem, ...]:
        """`found` with what is wrong besides, judged with the last legal values in place of those in wrong fields.

        A word in one field must not hide that the heads do not divide the width.
        """
        wrong = {problem.field for problem in found}
        last = _flat(encode(self._state.experiment))
        mended = {path: last.get(path, self.settings[path].default) for path in wrong if path in values}
        try:
            more = tuple(problems(decode(_table({**values, **mended}, on), REGISTRY), self.machine))
        except BadInput as refusal:
            more = refusal.problems
        new = tuple(problem for problem in more if problem.field not in wrong)
        return self._all_wrong(values, on, found + new) if new else found


def groups(settings: Mapping[str, Setting]) -> tuple[Group, ...]:
    """The settings of the experiment itself, as the form groups them; techniques have cards of their own."""
    return tuple(
        Group(key or "device", title, tuple(s for s in settings.values() if _group_of(s) == key))
        for key, title in _GROUPS.items()
    )


def _group_of(setting: Setting) -> str | None:
    return None if setting.path in _IN_THE_HEADER else setting.path.rpartition(".")[0]


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Value]:
    """{"model": {"n_layer": 4}} as {"model.n_layer": 4}."""
    flat: dict[str, Value] = {}
    for name, value in table.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return flat


def _table(values: Mapping[str, Value], on: Set[str]) -> dict[str, Any]:
    """The way back, leaving out the techniques that are off."""
    table: dict[str, Any] = {"techniques": {name: {} for name in REGISTRY if name in on}}
    for path, value in values.items():
        *parents, last = path.split(".")
        if parents[:1] == ["techniques"] and parents[1] not in on:
            continue
        inner = table
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = value
    return table


def _same(one: Value, other: Value) -> bool:
    return type(one) is type(other) and (one == other or (one != one and other != other))
