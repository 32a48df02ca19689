"""Settings in words: what an experiment sets, and in what two of them differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gpulab.comparisons import differing
from gpulab.spec.decode import all_settings, encode
from gpulab.spec.experiment import Experiment
from gpulab.spec.setting import Setting, Value, settings_of
from gpulab.techniques import BY_NAME, REGISTRY

OFF = "off"


def written_value(setting: Setting, value: Value) -> str:
    """`value` as a person reads it: a choice by its label, a switch as yes or no, a number with its unit."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if setting.kind == "choice":
        return setting.label_of(str(value))
    if isinstance(value, float):
        return f"{value:.6g}{_unit(setting)}"
    if isinstance(value, int):
        return f"{value:,}{_unit(setting) if abs(value) != 1 else ''}"  # units are plurals
    return value or "none"


def _unit(setting: Setting) -> str:
    return f" {setting.unit}" if setting.unit else ""


def name_of(path: str) -> str:
    """`Pruning: Amount` for a technique's setting, `Layers` for the experiment's own."""
    if path.startswith("techniques."):
        _, technique, *rest = path.split(".")
        label = BY_NAME[technique].label
        return f"{label}: {all_settings(REGISTRY)[path].label}" if rest else label
    return all_settings(REGISTRY)[path].label


def rows_of(experiment: Experiment) -> Iterator[tuple[str, str, bool]]:
    """Every setting that matters, as (name, value, whether somebody chose it rather than left it as it comes)."""
    values = _values(experiment)
    for setting in settings_of(Experiment):
        if setting.path != "name" and setting.matters(values):
            value = values[setting.path]
            yield setting.label, written_value(setting, value), value != setting.default
    for name in experiment.techniques:
        technique = BY_NAME[name]
        yield technique.label, "on", True
        for setting in settings_of(technique.Settings, f"techniques.{name}"):
            if setting.matters(values):
                value = values[setting.path]
                yield f"{technique.label}: {setting.label}", written_value(setting, value), value != setting.default


def differences(base: Experiment, other: Experiment) -> Iterator[tuple[str, str, str]]:
    """(name, value of `base`, value of `other`) of each setting in which they differ; seeds and names aside."""
    ours, theirs = _values(base), _values(other)
    known = all_settings(REGISTRY)
    for path in differing.differences(base, other):
        if path not in known:  # a technique that one of them has switched on; its settings are told with that
            name = path.removeprefix("techniques.")
            yield BY_NAME[name].label, _switched(name, ours, base), _switched(name, theirs, other)
        elif path in ours and path in theirs and ours[path] != theirs[path]:
            yield name_of(path), written_value(known[path], ours[path]), written_value(known[path], theirs[path])


def _switched(name: str, values: Mapping[str, Any], experiment: Experiment) -> str:
    """`on (amount 0.5)`, with the settings that somebody chose and the first, which says most."""
    if name not in experiment.techniques:
        return OFF
    told = [
        f"{setting.label.lower()} {written_value(setting, values[setting.path])}"
        for place, setting in enumerate(settings_of(BY_NAME[name].Settings, f"techniques.{name}"))
        if setting.matters(values) and (place == 0 or values[setting.path] != setting.default)
    ]
    return f"on ({', '.join(told)})" if told else "on"


def _values(experiment: Experiment) -> dict[str, Any]:
    return dict(_flat(encode(experiment), ""))


def _flat(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
