"""An experiment on the command line is a file plus the settings typed after `--set`."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from gpulab.cli.output import tell
from gpulab.spec.decode import Table, all_settings, decode, encode, parse_value
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import SUFFIX, load, save, with_text_found
from gpulab.spec.presets import PRESETS, experiment_from
from gpulab.spec.problem import BadInput, Problem, refuse
from gpulab.spec.setting import Setting, unknown
from gpulab.techniques import REGISTRY


def add_verbs(verbs: Any) -> None:
    init = verbs.add_parser("init", help="write the experiment file of a preset")
    init.add_argument("preset", metavar="PRESET", help=", ".join(PRESETS))
    init.add_argument("--out", type=Path, metavar="FILE", help=f"the file to write (PRESET{SUFFIX})")
    init.set_defaults(do=_init)


def _init(options: argparse.Namespace) -> int:
    experiment = experiment_from(options.preset)
    path = options.out or Path(f"{options.preset}{SUFFIX}")
    if path.exists():
        raise refuse("file_exists", path=str(path))
    save(experiment, path)
    tell(f"Wrote {path}. Run it: gpulab run {path}")
    return 0


def add_experiment_arguments(parser: argparse.ArgumentParser) -> None:
    """FILE with `--set`, for every verb that runs or queues an experiment."""
    parser.add_argument("file", type=Path, metavar="FILE", help="an experiment file")
    add_overrides(parser)


def add_overrides(parser: argparse.ArgumentParser) -> None:
    """Adds `--set`, whose texts `with_overrides` takes."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="overrides",
        metavar="PATH=VALUE",
        help="change a setting for this run, such as training.steps=100 or techniques.pruning=on",
    )


def experiment_of(options: argparse.Namespace) -> Experiment:
    """The experiment that the arguments describe, with the path of its text made absolute. Raises BadInput."""
    experiment = with_overrides(load(options.file, REGISTRY), options.overrides)
    return with_text_found(experiment, options.file)


def with_overrides(experiment: Experiment, overrides: Sequence[str]) -> Experiment:
    """`experiment` with every `path=value` put in at once, so that two settings may depend on each other."""
    table = encode(experiment)
    found: list[Problem] = []
    for override in overrides:
        try:
            _put(table, override)
        except BadInput as bad:
            found += bad.problems
    if found:
        raise BadInput(*found)
    return decode(table, REGISTRY)


def _put(table: Table, override: str) -> None:
    path, equals, text = override.partition("=")
    path = path.strip()
    if not equals or not path:
        raise refuse("not_an_override", text=override)
    if path.startswith("techniques.") and path.count(".") == 1:
        _switch(table["techniques"], path.partition(".")[2], text)
        return
    setting = setting_at(path)
    *parents, last = path.split(".")
    for parent in parents:
        table = table.setdefault(parent, {})
    table[last] = parse_value(setting, text)


def _switch(techniques: Table, name: str, text: str) -> None:
    if name not in REGISTRY:
        raise BadInput(unknown(name, "techniques", list(REGISTRY)))
    switch = Setting(path=f"techniques.{name}", label="", help="", kind="bool", default=False)
    if parse_value(switch, text):
        techniques.setdefault(name, {})
    else:
        techniques.pop(name, None)


def setting_at(path: str) -> Setting:
    """The setting at `path`. Raises BadInput with the nearest one there is."""
    known = all_settings(REGISTRY)
    if path in known:
        return known[path]
    parent, _, name = path.rpartition(".")
    if parent == "techniques":
        if name not in REGISTRY:
            raise BadInput(unknown(name, parent, list(REGISTRY)))
        raise refuse("technique_is_no_setting", path, settings=", ".join(_names_in(path, known)) or "none")
    if elsewhere := next((one for one in known if one.endswith(f".{name}")), ""):
        raise refuse("unknown_field", path, nearest=elsewhere)
    if path.startswith("techniques.") and (technique := path.split(".")[1]) not in REGISTRY:
        raise BadInput(unknown(technique, "techniques", list(REGISTRY)))
    beside = _names_in(parent, known)
    raise BadInput(unknown(name, parent, beside) if beside else unknown(path, "", list(known)))


def _names_in(parent: str, known: Iterable[str]) -> list[str]:
    return [path.rpartition(".")[2] for path in known if path.rpartition(".")[0] == parent]
