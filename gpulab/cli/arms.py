"""What is typed of a comparison's sides: `--with pruning.amount=0.5`, `--without ema`, `--dose pruning.amount=0.2,0.4`.

Techniques may leave their `techniques.` out, as nobody would compare anything else so often.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from gpulab.cli.experiments import setting_at
from gpulab.comparisons import variants
from gpulab.spec.comparison import Rules
from gpulab.spec.decode import parse_value, settings_from
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import BadInput, Problem, refuse
from gpulab.spec.setting import Setting, Value, settings_of, unknown
from gpulab.techniques import REGISTRY

_OWN_NAMES = {"least_seeds": "--seeds"}
_TABLES = {path.partition(".")[0] for path in (setting.path for setting in settings_of(Experiment))} | {"techniques"}
"""What a path may begin with that is no technique's name."""
_NAMES = {setting.name for setting in settings_of(Experiment)}


def add_arms(parser: argparse.ArgumentParser) -> None:
    """The options that say what is compared with what."""
    add = parser.add_argument
    with_ = "a variant: pruning.amount=0.5, or pruning alone as it comes; several settings with commas between them"
    add("--with", action="append", default=[], dest="with_", metavar="SETTING", help=with_)
    add("--without", action="append", default=[], metavar="NAME", help="a variant without this technique")
    add("--one-at-a-time", action="store_true", help="each technique of the experiment alone against none of them")
    add("--combinations", metavar="A,B", help="every combination of these techniques against none of them")
    add("--dose", metavar="PATH=V1,V2", help="one setting at several values, such as pruning.amount=0.2,0.4,0.6")


def add_rules(parser: argparse.ArgumentParser) -> None:
    """The options that say how it is decided, from their declaration."""
    for setting in settings_of(Rules):
        unit = f" {setting.unit}" if setting.unit else ""
        told = f"{setting.help} ({setting.default}{unit})".replace("%", "%%")
        if setting.kind == "bool":
            parser.add_argument(option(setting), dest=f"rule_{setting.name}", action="store_true", help=setting.help)
        else:
            values = ", ".join(setting.choices) or "N"
            parser.add_argument(option(setting), dest=f"rule_{setting.name}", metavar=values, help=told)


def option(setting: Setting) -> str:
    """How one of the rules is typed."""
    return _OWN_NAMES.get(setting.name, f"--{setting.name.replace('_', '-')}")


def rules_of(options: argparse.Namespace) -> Rules:
    """The rules as they were typed. Raises BadInput that names the option."""
    values: dict[str, Value] = {}
    found: list[Problem] = []
    for setting in settings_of(Rules):
        typed = getattr(options, f"rule_{setting.name}")
        if isinstance(typed, bool):
            values[setting.name] = typed
        elif typed is not None:
            try:
                values[setting.name] = parse_value(setting, typed)
            except BadInput as bad:
                found += [Problem(one.key, option(setting), one.arguments) for one in bad.problems]
    if found:
        raise BadInput(*found)
    rules = settings_from(Rules, dict(values))
    if rules.least_seeds > rules.most_seeds:
        typed = "--most-seeds" if options.rule_most_seeds is not None else "--seeds"
        raise refuse("seeds_upside_down", typed, least=rules.least_seeds, most=rules.most_seeds)
    return rules


def asked(options: argparse.Namespace) -> list[str]:
    """The questions that were typed."""
    typed = {
        "--with": bool(options.with_ or options.without),
        "--one-at-a-time": options.one_at_a_time,
        "--combinations": options.combinations is not None,
        "--dose": options.dose is not None,
    }
    return [name for name, wanted in typed.items() if wanted]


def made(experiment: Experiment, options: argparse.Namespace) -> variants.Made:
    """The comparison that was asked for. Raises BadInput with one sentence for each thing that is wrong."""
    rules = rules_of(options)
    chosen = asked(options)
    if not chosen:
        raise refuse("no_question_asked", options="--with, --without, --one-at-a-time, --combinations, --dose, --runs")
    if len(chosen) > 1:
        raise refuse("one_question_at_a_time", options=" and ".join(chosen))
    if options.one_at_a_time:
        return variants.one_at_a_time(experiment, rules)
    if options.combinations is not None:
        if not (names := _names(options.combinations)):
            raise refuse("not_a_combination", "--combinations", text=options.combinations)
        return variants.all_combinations(experiment, names, rules)
    if options.dose is not None:
        path, values = _dose(options.dose)
        return variants.doses(experiment, path, values, rules)
    return _with(experiment, [changes_of(text) for text in options.with_], options.without, rules)


def _with(experiment: Experiment, changes: list[dict[str, Value]], without: list[str], rules: Rules) -> variants.Made:
    """One technique that is off in `experiment` becomes the plain question: with it, or without."""
    for name in without:
        if name not in REGISTRY:
            raise BadInput(unknown(name, "techniques", list(REGISTRY)))
        if name not in experiment.techniques:
            raise refuse("technique_is_off", f"techniques.{name}", name=name)
    if without and not changes and len(without) == 1:
        return variants.with_and_without(experiment, without[0], rules)
    techniques = {path.split(".")[1] for one in changes for path in one if path.startswith("techniques.")}
    alone = len(changes) == 1 and all(path.startswith("techniques.") for path in changes[0])
    if not without and alone and len(techniques) == 1 and not techniques & set(experiment.techniques):
        changed = variants.changed(experiment, changes[0])
        if techniques <= set(changed.techniques):
            return variants.with_and_without(changed, techniques.pop(), rules)
    return variants.free(experiment, [*changes, *({f"techniques.{name}": False} for name in without)], rules)


def changes_of(text: str) -> dict[str, Value]:
    """`pruning.amount=0.5,ema` as values by path. Raises BadInput."""
    found: dict[str, Value] = {}
    for part in _names(text):
        path, value = _change(part)
        if found.setdefault(path, value) != value:
            raise refuse("variant_contradicts", "--with", text=text, path=path)
    if not found:
        raise refuse("not_a_variant", "--with", text=text)
    if off := next((path for path, value in found.items() if value is False and _is_set(path, found)), ""):
        raise refuse("variant_contradicts", "--with", text=text, path=off)
    return found


def _change(part: str) -> tuple[str, Value]:
    typed, equals, value = part.partition("=")
    path = full_path(typed.strip())
    if path.startswith("techniques.") and path.count(".") == 1 and typed.strip():
        return path, parse_value(_switch(path), value.strip()) if equals else True
    if not equals or not typed.strip():
        raise refuse("not_a_variant", "--with", text=part)
    return path, parse_value(setting_at(path), value.strip())


def _is_set(technique: str, changes: Iterable[str]) -> bool:
    return any(path.startswith(f"{technique}.") for path in changes)


def _switch(path: str) -> Setting:
    name = path.partition(".")[2]
    if name not in REGISTRY:
        raise BadInput(unknown(name, "techniques", list(REGISTRY)))
    return Setting(path=path, label="", help="", kind="bool", default=False)


def _dose(text: str) -> tuple[str, list[Value]]:
    path, equals, typed = text.partition("=")
    if not equals or not _names(typed):
        raise refuse("not_a_dose", "--dose", text=text)
    setting = setting_at(full_path(path.strip()))
    return setting.path, [parse_value(setting, value) for value in _names(typed)]


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def full_path(path: str) -> str:
    """`pruning.amount` is `techniques.pruning.amount`, and so is the misspelt `prunning.amount`.

    `optimizer` alone stays as it is: there is such a setting elsewhere, and whoever looks it up names it.
    """
    first = path.partition(".")[0]
    elsewhere = first not in REGISTRY and path in _NAMES
    return path if first in _TABLES or elsewhere else f"techniques.{path}"
