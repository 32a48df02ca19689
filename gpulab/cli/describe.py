"""Everything that can be set, from the declarations that the window's form is made of."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import msgspec

from gpulab.cli.output import figure, give, give_json
from gpulab.spec.experiment import Experiment
from gpulab.spec.presets import PRESETS
from gpulab.spec.setting import Setting, settings_of
from gpulab.techniques import BY_NAME
from gpulab.techniques.base import Technique


def add_verbs(verbs: Any) -> None:
    describe = verbs.add_parser("describe", help="explain every setting and technique")
    describe.add_argument("--json", action="store_true", help="print one object")
    describe.set_defaults(do=_describe)


def _describe(options: argparse.Namespace) -> int:
    if options.json:
        give_json(as_tables())
    else:
        give(_in_words())
    return 0


def as_tables() -> dict[str, Any]:
    """Presets, settings, techniques as plain tables."""
    return {
        "presets": [msgspec.to_builtins(preset) for preset in PRESETS.values()],
        "settings": [msgspec.to_builtins(setting) for setting in settings_of(Experiment)],
        "techniques": [_technique(technique) for technique in BY_NAME.values()],
    }


def _technique(technique: type[Technique]) -> dict[str, Any]:
    told = ("name", "card", "label", "summary", "promise", "risk", "sources", "conflicts")
    return {
        **{key: getattr(technique, key) for key in told},
        "settings": [msgspec.to_builtins(setting) for setting in _settings(technique)],
    }


def _settings(technique: type[Technique]) -> Sequence[Setting]:
    return list(settings_of(technique.Settings, f"techniques.{technique.name}"))


def _in_words() -> str:
    lines = ["PRESETS", *(f"  {preset.name}: for {preset.purpose}" for preset in PRESETS.values()), "", "SETTINGS"]
    for setting in settings_of(Experiment):
        lines += _setting(setting)
    for technique in BY_NAME.values():
        lines += ["", f"TECHNIQUE {technique.name}: {technique.label}. {technique.summary}"]
        lines += [f"  promise: {technique.promise}", f"  risk: {technique.risk}"]
        lines += [f"  source: {source}" for source in technique.sources]
        for setting in _settings(technique):
            lines += _setting(setting)
    return "\n".join(lines)


def _setting(setting: Setting) -> list[str]:
    default = f"{str(setting.default).lower() if isinstance(setting.default, bool) else setting.default}"
    head = f"  {setting.path} = {default!r}" if isinstance(setting.default, str) else f"  {setting.path} = {default}"
    head += f" {setting.unit}" if setting.unit else ""
    if setting.choices:
        head += f"  ({' | '.join(setting.choices)})"
    elif setting.low is not None or setting.high is not None:
        head += f"  ({figure(setting.low, 10)} to {figure(setting.high, 10)})"
    return [head, f"      {setting.label}: {setting.help}{_condition(setting)}"]


def _condition(setting: Setting) -> str:
    name, values = setting.when
    return f" Only where {name} is {' or '.join(str(value).lower() for value in values)}." if name else ""
