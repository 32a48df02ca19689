"""Everything that can be set, from the declarations that the window's form is made of, and the glossary's terms."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import msgspec

from gpulab.cli.arms import full_path
from gpulab.cli.experiments import setting_at
from gpulab.cli.output import figure, give, give_json
from gpulab.spec.decode import all_settings
from gpulab.spec.experiment import Experiment
from gpulab.spec.presets import PRESETS
from gpulab.spec.problem import BadInput
from gpulab.spec.setting import Setting, settings_of, unknown
from gpulab.techniques import BY_NAME, REGISTRY
from gpulab.techniques.base import Technique
from gpulab.techniques.cards import CARD_GROUPS
from gpulab.viewmodels.glossary import Term, glossary


def add_verbs(verbs: Any) -> None:
    describe = verbs.add_parser("describe", help="explain every setting and technique, or one of them, or a term")
    named = "a technique, such as pruning; a setting, such as training.learning_rate; a term, such as perplexity "
    named += "(every setting and technique)"
    describe.add_argument("name", nargs="?", metavar="NAME", help=named)
    describe.add_argument("--json", action="store_true", help="print one object")
    describe.set_defaults(do=_describe)


def _describe(options: argparse.Namespace) -> int:
    name = options.name
    if name is None:
        table, lines = as_tables(), _in_words()
    elif name in REGISTRY:
        table, lines = _technique(BY_NAME[name]), _technique_in_words(BY_NAME[name])
    elif (term := glossary().called(name)) is not None:
        table, lines = msgspec.to_builtins(term), _term(term, name)
    elif "." not in name and not any(path.rpartition(".")[2] == name for path in all_settings(REGISTRY)):
        raise BadInput(unknown(name, "techniques", [*REGISTRY, *glossary().terms]))
    else:
        setting = setting_at(full_path(name) if "." in name else name)
        table, lines = msgspec.to_builtins(setting), _setting(setting)
    if options.json:
        give_json(table)
    else:
        give("\n".join(lines))
    return 0


def _term(term: Term, name: str) -> list[str]:
    """What `term` means; a setting that is called `name` too may be what was asked for."""
    lines = [f"TERM {term.name}: {term.text}", f"  {'left to others' if term.elsewhere else 'here'}: {term.here}"]
    lines += [f"  techniques: {group.title}" for group in CARD_GROUPS if group.key == term.card]
    lines += [f"  setting: {path}" for path in all_settings(REGISTRY) if path.rpartition(".")[2] == name]
    near = [glossary().terms[key].name for key in term.see]
    return [*lines, f"  see also: {', '.join(near)}"] if near else lines


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


def _in_words() -> list[str]:
    lines = ["PRESETS", *(f"  {preset.name}: for {preset.purpose}" for preset in PRESETS.values()), "", "SETTINGS"]
    for setting in settings_of(Experiment):
        lines += _setting(setting)
    for technique in BY_NAME.values():
        lines += ["", *_technique_in_words(technique)]
    return lines


def _technique_in_words(technique: type[Technique]) -> list[str]:
    lines = [f"TECHNIQUE {technique.name}: {technique.label}. {technique.summary}"]
    lines += [f"  promise: {technique.promise}", f"  risk: {technique.risk}"]
    conflicts = dict(technique.conflicts)  # declared on one side, true of both
    conflicts |= {
        one.name: one.conflicts[technique.name] for one in BY_NAME.values() if technique.name in one.conflicts
    }
    lines += [f"  not with {name}: {reason}" for name, reason in conflicts.items()]
    lines += [f"  source: {source}" for source in technique.sources]
    return lines + [line for setting in _settings(technique) for line in _setting(setting)]


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
