"""The form must hold what a person typed, wrong or right, without ever losing the last experiment that was legal."""

from __future__ import annotations

from collections.abc import Mapping, Set
from types import MappingProxyType

import msgspec

from gpulab.hardware.machine import Machine
from gpulab.spec.decode import Registry, all_settings, decode, encode
from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.presets import apply_preset, preset, preset_of
from gpulab.spec.problem import BadInput, Problem
from gpulab.spec.setting import Setting, Value
from gpulab.viewmodels.naming import is_own_name, suggested_name
from gpulab.viewmodels.tables import flat, nested

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
    """The state of the form on one machine. Every change answers with what is wrong now.

    A `bare` one knows no techniques until it is told to `learn` them: the first paint need not wait for them.
    """

    def __init__(self, machine: Machine, experiment: Experiment | None = None, bare: bool = False) -> None:
        self.machine = machine
        self._registry: Registry = {} if bare else _all_techniques()
        self.settings = all_settings(self._registry)
        values = {path: setting.default for path, setting in self.settings.items()}
        self._state = FormState(MappingProxyType(values), frozenset(), Experiment())
        self._problems: tuple[Problem, ...] = ()
        self._shown = self._state.experiment
        self._legal = True
        self.load(experiment or Experiment())

    @property
    def state(self) -> FormState:
        return self._state

    @property
    def experiment(self) -> Experiment:
        """The last legal experiment, which is what the form shows whenever `problems` is empty."""
        return self._state.experiment

    @property
    def shown(self) -> Experiment:
        """What the fields say, with the last legal values where they say nothing legal: for estimates."""
        return self._shown

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self._problems

    @property
    def legal(self) -> bool:
        """Whether the fields make an experiment, be it one for another machine."""
        return self._legal

    @property
    def preset(self) -> str | None:
        """The name of the preset that the model's fields show, or None."""
        return preset_of(self._shown.model)

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
        return self._enter(values, self._state.on) if path == "name" else self._change(values, self._state.on)

    def switch(self, technique: str, on: bool) -> tuple[Problem, ...]:
        """Switches a technique; its settings stay what they were."""
        changed = self._state.on | {technique} if on else self._state.on - {technique}
        return self._change(self._state.values, changed)

    def take(self, changes: Mapping[str, Value]) -> tuple[Problem, ...]:
        """Makes all of `changes` at once; `techniques.NAME` takes True or False and switches it."""
        switched = {path.removeprefix("techniques."): on for path, on in changes.items() if path not in self.settings}
        on = (self._state.on | {name for name in switched if switched[name]}) - {
            name for name in switched if not switched[name]
        }
        values = {path: value for path, value in changes.items() if path in self.settings}
        return self._change({**self._state.values, **values}, on)

    def pick_preset(self, name: str) -> tuple[Problem, ...]:
        """Takes a preset's shape, batch and steps."""
        chosen = preset(name)
        picked = apply_preset(self.experiment, chosen)
        shaped = flat({**encode(picked), "techniques": {}})
        taken = {path: shaped[path] for path in self.settings if path.startswith("model.")}
        taken |= {path: shaped[path] for path in ("training.batch_size", "training.steps")}
        return self._change({**self._state.values, **taken}, self._state.on)

    def load(self, experiment: Experiment) -> tuple[Problem, ...]:
        """Shows `experiment`; techniques that it does not use keep the settings they had."""
        return self._enter({**self._state.values, **flat(encode(experiment))}, frozenset(experiment.techniques))

    def restore(self, state: FormState) -> tuple[Problem, ...]:
        """Goes back (or forth) to a state that this form was in."""
        self._state = state
        self._judge(state.values, state.on)
        return self._problems

    def learn(self, chosen: Mapping[str, Settings]) -> None:
        """From now on knows all techniques; those in `chosen` are on, set as they are there."""
        self._registry = _all_techniques()
        self.settings = all_settings(self._registry)
        known = {path: setting.default for path, setting in self.settings.items()}
        set_ = flat({"techniques": {name: msgspec.to_builtins(settings) for name, settings in chosen.items()}})
        self._enter({**known, **self._state.values, **set_}, frozenset(chosen))

    def _change(self, values: Mapping[str, Value], on: frozenset[str]) -> tuple[Problem, ...]:
        """Enters `values`; a name that nobody typed follows what the experiment has become."""
        own = is_own_name(str(values["name"]), self._state.experiment)
        self._enter(values, on)
        if self._legal and not own and (name := suggested_name(self._shown)) != values["name"]:
            self._enter({**values, "name": name}, on)
        return self._problems

    def _enter(self, values: Mapping[str, Value], on: frozenset[str]) -> tuple[Problem, ...]:
        legal = self._judge(values, on)
        experiment = self._shown if legal else self._state.experiment
        self._state = FormState(MappingProxyType(dict(values)), on, experiment)
        return self._problems

    def _judge(self, values: Mapping[str, Value], on: frozenset[str]) -> bool:
        """Finds everything that is wrong with `values`; true if they make an experiment, even one for elsewhere."""
        self._shown = self._state.experiment
        wrong: frozenset[str] = frozenset()
        legal, self._problems = self._look(values, on)
        found = self._problems
        while not legal and found:
            wrong |= {problem.field for problem in found}
            mended, more = self._look({**values, **self._last_legal(wrong)}, on)
            found = tuple(problem for problem in more if problem.field not in wrong)
            self._problems += found
            if mended:
                break
        self._legal = legal
        return legal

    def _look(self, values: Mapping[str, Value], on: Set[str]) -> tuple[bool, tuple[Problem, ...]]:
        try:
            self._shown = decode(nested(values, on, self._registry), self._registry)
        except BadInput as refusal:
            return False, refusal.problems
        if not self._registry:
            return True, ()
        from gpulab.techniques import problems

        return True, tuple(problems(self._shown, self.machine))

    def _last_legal(self, wrong: Set[str]) -> dict[str, Value]:
        """Values to judge the other fields with: a word in one must not hide that the heads do not divide the width."""
        last = flat(encode(self._state.experiment))
        return {path: last.get(path, self.settings[path].default) for path in wrong if path in self.settings}


def _all_techniques() -> Registry:
    from gpulab.techniques import REGISTRY

    return REGISTRY


def groups(settings: Mapping[str, Setting]) -> tuple[Group, ...]:
    """The settings of the experiment itself, as the form groups them; techniques have cards of their own."""
    return tuple(
        Group(key or "device", title, tuple(s for s in settings.values() if _group_of(s) == key))
        for key, title in _GROUPS.items()
    )


def _group_of(setting: Setting) -> str | None:
    return None if setting.path in _IN_THE_HEADER else setting.path.rpartition(".")[0]


def _same(one: Value, other: Value) -> bool:
    return type(one) is type(other) and (one == other or (one != one and other != other))
