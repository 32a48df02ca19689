"""What can be typed after `gpulab`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from gpulab import __version__
from gpulab.cli import (
    bundling,
    ceilings,
    compare,
    control,
    describe,
    doctor,
    experiments,
    finding,
    gallery,
    hardware,
    lesson,
    listing,
    profile,
    queueing,
    report,
    running,
    speaking,
)
from gpulab.hardware.machine import this_machine
from gpulab.report.writing import Printed
from gpulab.runs.files import check_writable
from gpulab.runs.folder import existing
from gpulab.runs.replay import check_recorded
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import load
from gpulab.spec.problem import refuse
from gpulab.techniques import REGISTRY, fit

Verbs = Any
"""What `add_subparsers` returns; argparse keeps its type private."""


class Elsewhere(NamedTuple):
    """What the commands reach outside: each is handed in, because the window may not be imported here."""

    open: Callable[[Path | None], int]
    demo: Callable[[Path, Callable[[Experiment], Experiment]], int]
    replay: Callable[[Path], int]
    bench: Callable[[list[str]], int]
    printed: Printed


class _Parser(argparse.ArgumentParser):
    """Reports what it cannot understand like all other bad input."""

    def error(self, message: str) -> NoReturn:
        raise refuse("command_unclear", detail=message.replace("argument ", ""), help=f"{self.prog} --help")


def make_parser(elsewhere: Elsewhere) -> argparse.ArgumentParser:
    """The parser of all verbs; the one that was typed stands in `do`."""
    parser = _Parser(prog="gpulab", description="Controlled experiments on how a GPT is trained and compressed.")
    parser.add_argument("--version", action="version", version=f"gpulab {__version__}")
    verbs = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_window(verbs, elsewhere)
    for part in (
        experiments,
        running,
        compare,
        finding,
        speaking,
        control,
        listing,
        queueing,
        bundling,
        describe,
        doctor,
        hardware,
        ceilings,
        profile,
        gallery,
    ):
        part.add_verbs(verbs)
    lesson.add_verbs(verbs, elsewhere.printed)
    report.add_verbs(verbs, elsewhere.printed)
    verbs.add_parser("bench", help="measure this machine", add_help=False)
    return parser


def _changed(experiment: Experiment, options: argparse.Namespace) -> Experiment:
    return fit(experiments.with_overrides(experiment, options.overrides), this_machine())


def _add_window(verbs: Verbs, elsewhere: Elsewhere) -> None:
    opened = verbs.add_parser("open", help="open the window (also `gpulab` alone)")
    opened.add_argument("file", nargs="?", type=Path, metavar="FILE", help="an experiment to show")
    opened.set_defaults(do=lambda options: elsewhere.open(_readable(options.file)))

    demo = verbs.add_parser("demo", help="drive the window through the default experiment and keep pictures of it")
    demo.add_argument("--out", type=Path, required=True, metavar="DIR", help="where pictures and the run go")
    experiments.add_overrides(demo)
    demo.set_defaults(do=lambda options: _demo(options, elsewhere))

    replayed = verbs.add_parser("replay", help="watch a recorded run in the window as it ran")
    replayed.add_argument("run_dir", type=Path, metavar="RUN_DIR")
    replayed.set_defaults(do=lambda options: elsewhere.replay(_recorded(options.run_dir)))


def _demo(options: argparse.Namespace, elsewhere: Elsewhere) -> int:
    check_writable(options.out)
    return elsewhere.demo(options.out, lambda experiment: _changed(experiment, options))


def _readable(file: Path | None) -> Path | None:
    if file is not None:
        load(file, REGISTRY)
    return file


def _recorded(path: Path) -> Path:
    run_dir = existing(path)
    check_recorded(run_dir)
    return run_dir
