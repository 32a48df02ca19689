"""`gpulab compare`: asks a question of an experiment, has it answered by runs, and says what they found."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import msgspec

from gpulab.cli.arms import add_arms, add_rules, asked, made, rules_of
from gpulab.cli.conducting import conduct
from gpulab.cli.experiments import add_overrides, experiment_of
from gpulab.cli.listing import listed_folder
from gpulab.cli.outcome import finish
from gpulab.cli.output import give, give_json, table, tell
from gpulab.cli.running import checked_here
from gpulab.comparisons import launching
from gpulab.comparisons.existing_runs import compare_runs
from gpulab.comparisons.folder import comparisons_root, create, create_at, existing, load
from gpulab.comparisons.listing import Listed, comparisons
from gpulab.comparisons.standing import read
from gpulab.runs.files import check_writable
from gpulab.spec.files import with_text_found
from gpulab.spec.problem import refuse
from gpulab.words import explain

_ABOUT = (
    "Runs an experiment with and without something, over several seeds, until it can be told what that changes. "
    "All sides use the same seeds and the same text, in turn."
)


def add_verbs(verbs: Any) -> None:
    compare = verbs.add_parser("compare", help="find out what a technique or setting is worth", description=_ABOUT)
    compare.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="the experiment that is compared with itself"
    )
    add_arms(compare)
    add_rules(compare)
    add_overrides(compare)
    compare.add_argument("--out", type=Path, metavar="DIR", help="the comparison's folder (one in the app's own place)")
    compare.add_argument("--go-on", type=Path, metavar="DIR", help="go on with a comparison that was stopped")
    runs = "compare runs that are there, the first of which is the baseline; nothing is run"
    compare.add_argument("--runs", nargs="+", type=Path, metavar="RUN_DIR", help=runs)
    compare.add_argument("--json", action="store_true", help="print one object")
    compare.set_defaults(do=_compare)

    listed = verbs.add_parser("comparisons", help="list the comparisons")
    listed.add_argument("dir", nargs="?", type=Path, metavar="DIR", help="another folder of them (the app's own)")
    listed.add_argument("--json", action="store_true", help="print a list of objects")
    listed.set_defaults(do=_list)


def _compare(options: argparse.Namespace) -> int:
    if options.runs:
        return finish(read(_of_runs(options)), options.json)
    folder = _found(options) if options.go_on else _new(options)
    conductor = launching.start(folder)
    tell(f"The comparison's folder: {folder}")
    return finish(conduct(folder, conductor), options.json)


def _new(options: argparse.Namespace) -> Path:
    """Everything is checked before the folder is made."""
    if options.file is None:
        raise refuse("no_file_to_compare")
    base = checked_here(experiment_of(options))
    comparison, experiments = made(base, options)
    found = {key: checked_here(with_text_found(one, options.file)) for key, one in experiments.items()}
    if options.out is None:
        return create(comparisons_root(), comparison, found)
    check_writable(options.out)
    return create_at(options.out, comparison, found)


def _of_runs(options: argparse.Namespace) -> Path:
    if options.file or options.go_on or options.overrides or asked(options):
        raise refuse("runs_alone")
    if options.out is not None:
        check_writable(options.out)
    return compare_runs(comparisons_root(), options.runs, options.runs[0], rules_of(options), options.out)


def _found(options: argparse.Namespace) -> Path:
    given = {name: value for name, value in vars(options).items() if name not in ("do", "go_on", "json")}
    if any(value not in (None, False, []) for value in given.values()):
        raise refuse("go_on_alone")
    folder = existing(options.go_on)
    for experiment in load(folder)[1].values():
        checked_here(experiment)
    return folder


def _list(options: argparse.Namespace) -> int:
    root = listed_folder(options.dir, comparisons_root())
    found = comparisons(root)
    for one in found:
        if one.problem:
            tell(f"gpulab: {explain(one.problem)}")
    if options.json:
        give_json([_as_table(one) for one in found])
    elif found:
        give(table([("state", "sides", "name", "folder"), *map(_row, found)]))
    else:
        tell(f"There are no comparisons in {root} yet.")
    return 0


def _row(one: Listed) -> tuple[str, ...]:
    return (one.state, str(len(one.arms)), one.name, one.folder.name)


def _as_table(one: Listed) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(one, enc_hook=str)
    return {**found, "problem": explain(one.problem) if one.problem else None}
