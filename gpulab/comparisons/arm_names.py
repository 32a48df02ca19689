"""What the sides of a comparison are called: `with Pruning (amount 0.5)`, `learning rate 0.01`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gpulab.spec.decode import all_settings
from gpulab.spec.experiment import Experiment
from gpulab.spec.setting import Setting, Value, settings_of
from gpulab.techniques import BY_NAME, REGISTRY, chosen


def of_techniques(experiment: Experiment, names: Iterable[str]) -> str:
    """`with A (amount 0.5) and B`: the techniques called `names` as `experiment` sets them."""
    return f"with {' and '.join(_technique(experiment, name) for name in names)}"


def of_changes(experiment: Experiment, changes: Mapping[str, Value]) -> str:
    """What `changes` did, in the order in which they were given, read off the experiment that they led to."""
    parts: list[str] = []
    for path, value in changes.items():
        technique = path.split(".")[1] if path.startswith("techniques.") else ""
        if not technique:
            part = of_dose(path, value)
        elif technique in experiment.techniques:
            part = f"with {_technique(experiment, technique)}"
        else:
            part = f"without {BY_NAME[technique].label}"
        if part not in parts:
            parts.append(part)
    return ", ".join(parts) or "unchanged"


def of_dose(path: str, value: Value) -> str:
    """`amount 0.5`: a setting by its name with its value."""
    return _written(all_settings(REGISTRY)[path], value)


def _technique(experiment: Experiment, name: str) -> str:
    """Its label with the first of its settings, which says most, and those that are not as they come."""
    technique = next(one for one in chosen(experiment) if one.name == name)
    settings = settings_of(BY_NAME[name].Settings, f"techniques.{name}")
    values = {setting.path: getattr(technique.settings, setting.name) for setting in settings}
    told = [
        _written(setting, values[setting.path])
        for number, setting in enumerate(settings)
        if setting.matters(values) and (number == 0 or values[setting.path] != setting.default)
    ]
    return f"{technique.label} ({', '.join(told)})" if told else technique.label


def _written(setting: Setting, value: Value) -> str:
    """A technique's settings are called by their short names, beside its own; all others as the form calls them."""
    of_technique = setting.path.startswith("techniques.")
    name = setting.name.replace("_", " ") if of_technique else setting.label[:1].lower() + setting.label[1:]
    match value:
        case bool():
            return name if value else f"no {name}"
        case float():
            return f"{name} {value:.6g}"
        case str() if setting.kind == "choice":
            return setting.label_of(value)
        case _:
            return f"{name} {value}"
