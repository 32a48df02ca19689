"""The command line of the benchmarks."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from gpulab.bench.catalogue import BENCHMARKS, parts
from gpulab.bench.one import BenchmarkFailed, rows_of
from gpulab.bench.promises import PROMISES
from gpulab.bench.report import MachineFacts, machine_facts, page, table
from gpulab.bench.rows import Row, not_shown
from gpulab.hardware.machine import this_machine


class _Answer(msgspec.Struct, frozen=True):
    """What `--json` prints."""

    machine: MachineFacts
    quick: bool
    rows: list[Row]


def run(argv: list[str]) -> int:
    """Measures what `argv` names. 0: done, whatever the figures say; 1: a benchmark failed; 2: bad input."""
    try:
        asked = _parser().parse_args(argv)
    except SystemExit as leaving:
        return int(leaving.code or 0)
    if unknown := [name for name in asked.name if name not in BENCHMARKS]:
        print(f"There is no benchmark called {unknown[0]}. There are: {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    if wrong := [name for name in asked.only if name not in PROMISES]:
        print(f"--only: no technique promises {wrong[0]}. There are: {', '.join(PROMISES)}.", file=sys.stderr)
        return 2
    if asked.device not in (devices := this_machine().devices):
        print(f"--device: {asked.device} is not on this machine. Devices here: {', '.join(devices)}.", file=sys.stderr)
        return 2
    if asked.write and not asked.write.parent.is_dir():
        print(f"--write: the folder {asked.write.parent} does not exist.", file=sys.stderr)
        return 2
    facts = machine_facts()
    names = asked.name or (["techniques"] if asked.only else list(BENCHMARKS))
    results: dict[str, list[Row]] = {}
    failed = False
    for name in dict.fromkeys(names):
        began = machine_facts()
        results[name], this_failed = _measure(name, asked.only, asked.quick, asked.device)
        failed |= this_failed
        if asked.write:  # after each: who stops the rest keeps what was measured
            before = asked.write.read_text(encoding="utf-8") if asked.write.exists() else ""
            asked.write.write_text(page({name: results[name]}, began, asked.quick, before), encoding="utf-8")
    if asked.json:
        rows = [row for rows in results.values() for row in rows]
        print(msgspec.json.encode(_Answer(facts, asked.quick, rows)).decode())
    else:
        print(table(results))
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gpulab bench", description="Measures what GPU Lab promises, on this machine."
    )
    listed = "; ".join(f"{name}: {about}" for name, about in BENCHMARKS.items())
    parser.add_argument("name", nargs="*", metavar="NAME", help=f"{listed}; all without a name")
    parser.add_argument("--only", action="append", default=[], metavar="PROMISE", help=", ".join(PROMISES))
    parser.add_argument("--device", default="cpu", help="where techniques are measured: cpu, cuda, cuda:1")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="write into the page FILE what was measured; its other sections stay"
    )
    parser.add_argument("--quick", action="store_true", help="only try whether everything works; proves nothing")
    return parser


def _measure(name: str, only: list[str], quick: bool, device: str) -> tuple[list[Row], bool]:
    """The rows of a benchmark, and whether a part of it failed: that has one row, which says so."""
    print(f"measuring {name}: {BENCHMARKS[name]}", file=sys.stderr, flush=True)
    rows: list[Row] = []
    failed = False
    for part in parts(name, only):
        try:
            rows += rows_of(part, quick, device)
        except BenchmarkFailed as error:
            failed = True
            print(f"{part} failed: {error}", file=sys.stderr)
            rows.append(not_shown(part, "", "", None, f"failed: {error}"))
    return rows, failed
