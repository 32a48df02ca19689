"""From plain tables (TOML, a form, `--set`) to an experiment: the one door, which refuses whatever does not fit."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from gpulab.spec import rules
from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.problem import BadInput, Problem, refuse
from gpulab.spec.setting import Setting, Value, fields_of, problem_with, settings_of, unknown

Registry = Mapping[str, type[Settings]]
"""The settings of each technique by its name, in the order in which techniques apply."""

S = TypeVar("S", bound=msgspec.Struct)
Table = dict[str, Any]


def decode(table: Table, registry: Registry) -> Experiment:
    """The experiment that `table` describes; absent fields take their defaults. Raises BadInput with every problem."""
    found: list[Problem] = []
    rest = {name: value for name, value in table.items() if name != "techniques"}
    bare = _struct(Experiment, rest, "", found)
    techniques = _techniques(table.get("techniques", {}), registry, found)
    if found:
        raise BadInput(*found)
    return checked(msgspec.structs.replace(bare, techniques=techniques))


def first_missing(table: Table) -> str:
    """The path of the first of an experiment's own settings that `table` leaves out; empty where it has them all."""
    for setting in settings_of(Experiment):
        inner: Any = table
        for name in setting.path.split("."):
            if not isinstance(inner, dict) or name not in inner:
                return setting.path
            inner = inner[name]
    return ""


def checked(experiment: Experiment) -> Experiment:
    """`experiment` itself if it keeps every rule across fields. Raises BadInput with all that it breaks."""
    broken = list(rules.problems(experiment))
    if broken:
        raise BadInput(*broken)
    return experiment


def encode(experiment: Experiment) -> Table:
    """The plain tables of `experiment`, every field written out, ready for TOML or JSON."""
    bare = msgspec.structs.replace(experiment, techniques={})
    table: Table = msgspec.to_builtins(bare)
    table["techniques"] = {name: msgspec.to_builtins(settings) for name, settings in experiment.techniques.items()}
    return table


def all_settings(registry: Registry) -> dict[str, Setting]:
    """Every setting there is, by its dotted path, in the order in which forms and help show them."""
    own = {setting.path: setting for setting in settings_of(Experiment)}
    for name, struct in registry.items():
        own |= {setting.path: setting for setting in settings_of(struct, f"techniques.{name}")}
    return own


def with_value(experiment: Experiment, path: str, value: Value, registry: Registry) -> Experiment:
    """`experiment` with the setting at `path` changed. `techniques.NAME` takes True or False and switches it."""
    return with_values(experiment, {path: value}, registry)


def with_values(experiment: Experiment, changes: Mapping[str, Value], registry: Registry) -> Experiment:
    """`experiment` with all of `changes` made at once, because two may depend on each other."""
    table = encode(experiment)
    for path, value in changes.items():
        *parents, last = path.split(".")
        if parents == ["techniques"]:
            _switch(table["techniques"], last, value, registry)
            continue
        inner = table
        for parent in parents:
            inner = inner.setdefault(parent, {})
            if not isinstance(inner, dict):
                raise refuse("not_a_table", path, field=parent)
        inner[last] = value
    return decode(table, registry)


def settings_from(struct: type[S], table: Table) -> S:
    """The settings that `table` describes; absent ones take their defaults. Raises BadInput with every problem."""
    found: list[Problem] = []
    made = _struct(struct, table, "", found)
    if found:
        raise BadInput(*found)
    return made


def _switch(techniques: Table, name: str, value: Value, registry: Registry) -> None:
    if name not in registry:
        raise BadInput(unknown(name, "techniques", list(registry)))
    if not isinstance(value, bool):
        raise refuse("wrong_type", f"techniques.{name}", value=str(value), expected="true or false")
    if value:
        techniques.setdefault(name, {})
    else:
        techniques.pop(name, None)


def _techniques(table: object, registry: Registry, found: list[Problem]) -> Mapping[str, Settings]:
    if not isinstance(table, dict):
        found.append(Problem("not_a_table", "techniques", {"field": "techniques"}))
        return {}
    found += [unknown(name, "techniques", list(registry)) for name in table if name not in registry]
    chosen = {
        name: _struct(struct, table[name], f"techniques.{name}", found)
        for name, struct in registry.items()
        if name in table
    }
    return MappingProxyType(chosen)


@functools.cache
def _fields(struct: type[msgspec.Struct]) -> Mapping[str, msgspec.structs.FieldInfo]:
    """The fields by name but for the techniques."""
    return {field.name: field for field in fields_of(struct) if field.name != "techniques"}


def _struct(struct: type[S], table: object, prefix: str, found: list[Problem]) -> S:
    """Builds `struct` from `table`, adding what is wrong to `found`; a wrong value leaves its default standing."""
    if not isinstance(table, dict):
        found.append(Problem("not_a_table", prefix, {"field": prefix}))
        return struct()
    fields = _fields(struct)
    settings = {setting.path: setting for setting in settings_of(struct, prefix)}
    values: Table = {}
    for name, value in table.items():
        path = f"{prefix}.{name}" if prefix else name
        if name not in fields:
            found.append(unknown(name, prefix, list(fields)))
        elif path not in settings:
            values[name] = _struct(fields[name].type, value, path, found)
        elif problem := problem_with(settings[path], value):
            found.append(problem)
        else:
            values[name] = float(value) if settings[path].kind == "float" else value
    return struct(**values)


def parse_value(setting: Setting, text: str) -> Value:
    """The value that `text`, typed on a command line, means for `setting`. Raises BadInput where it means none."""
    value: Value = text
    try:
        if setting.kind == "bool":
            value = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}[text.lower()]
        elif setting.kind == "int":
            value = int(text)
        elif setting.kind == "float":
            value = float(text)
    except (KeyError, ValueError):
        value = text
    if problem := problem_with(setting, value):
        raise BadInput(problem)
    return value
