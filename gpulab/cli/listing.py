"""The list of runs, for a person or for a script."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import msgspec

from gpulab.cli.output import figure, give, give_json, table, tell
from gpulab.comparisons.folder import RUNS, is_comparison
from gpulab.runs.home import runs_root
from gpulab.runs.store import RunEntry, Store
from gpulab.spec.problem import refuse
from gpulab.words import explain

_HEADINGS = ("state", "step", "validation loss", "test bits per byte", "name", "folder")


def add_verbs(verbs: Any) -> None:
    runs = verbs.add_parser("runs", help="list the runs")
    runs.add_argument("dir", nargs="?", type=Path, metavar="DIR", help="another folder of runs (the app's own)")
    runs.add_argument("--json", action="store_true", help="print a list of objects")
    runs.set_defaults(do=_runs)


def listed_folder(typed: Path | None, own: Path) -> Path:
    """The folder to list: the one that was `typed`, or the app's `own`, which may come later. Raises BadInput."""
    if typed is not None and not typed.is_dir():
        raise refuse("folder_missing", path=str(typed))
    return typed or own


def _runs(options: argparse.Namespace) -> int:
    root = listed_folder(options.dir, runs_root())
    if is_comparison(root):
        root /= RUNS  # its own folder holds arms and jobs besides
    entries = Store(root).runs()
    for entry in entries:
        if entry.problem:
            tell(f"gpulab: {explain(entry.problem)}")
    if options.json:
        give_json([as_table(entry) for entry in entries])
    elif entries:
        give(table([_HEADINGS, *map(_row, entries)]))
    else:
        tell(f"There are no runs in {root} yet.")
    return 0


def _row(entry: RunEntry) -> tuple[str, ...]:
    digest = entry.digest
    val_loss = digest.summary.get("val_loss", digest.values.get("val_loss"))
    steps = f"{digest.step:,} of {digest.steps:,}"
    test = digest.summary.get("test_bits_per_byte")
    apart = "" if digest.summary.get("comparable", True) else "*"  # edits changed the text that it was judged on
    return (entry.state, steps, figure(val_loss), figure(test) + apart, entry.name, entry.run_dir.name)


def as_table(entry: RunEntry) -> dict[str, Any]:
    """The entry as plain tables."""
    digest: dict[str, Any] = msgspec.to_builtins(entry.digest)
    kept = ("device", "seed", "parameters", "step", "steps", "started_at", "ended_at", "reason", "arguments", "summary")
    return {
        "run_dir": str(entry.run_dir),
        "name": entry.name,
        "state": entry.state,
        "color": entry.color,
        **{key: digest[key] for key in (*kept, "techniques", "experiment_hash")},
        "problem": explain(entry.problem) if entry.problem else None,
    }
