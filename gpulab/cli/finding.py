"""The finders and the search on the command line: a table of what was measured, then what it suggests.

`--take FILE` writes the experiment with the suggestion in it.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import msgspec

from gpulab.cli.experiments import add_experiment_arguments, experiment_of, with_overrides
from gpulab.cli.output import give, give_json, say_bad_input, table, tell
from gpulab.cli.running import checked_here, tell_of_comparison
from gpulab.cli.summary import BAD_INPUT, FAILED
from gpulab.cli.watching import watch
from gpulab.events.documents import Suggestion
from gpulab.events.log import read_all
from gpulab.runs.folder import EXPERIMENT, existing
from gpulab.runs.jobs import create, jobs_root
from gpulab.runs.launcher import start
from gpulab.spec.decode import parse_value
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import load, save
from gpulab.spec.jobs import ASKS, TITLES, Job, Kind, ask
from gpulab.spec.problem import Problem, refuse
from gpulab.spec.setting import Setting, Value, settings_of
from gpulab.techniques import REGISTRY
from gpulab.viewmodels.finding import Finding, choices_of, taken_over
from gpulab.words import explain, sentence

VERBS: dict[str, Kind] = {"find-lr": "find_lr", "find-batch": "find_batch", "search": "search", "tune": "tune"}
OF_A_RUN: dict[str, Kind] = {"scan": "scan", "bias": "bias", "watch": "watch", "guard": "guard", "doses": "doses"}


def add_verbs(verbs: Any) -> None:
    for verb, kind in VERBS.items():
        title, summary = TITLES[kind]
        parser = verbs.add_parser(verb, help=title[:1].lower() + title[1:], description=summary)
        add_experiment_arguments(parser)
        for setting in settings_of(ASKS[kind]):
            _add_setting(parser, kind, setting)
        _add_ends(parser)
        parser.set_defaults(do=lambda options, kind=kind: _find(options, kind))
    for verb, kind in OF_A_RUN.items():
        parser = _of_run(verbs, verb, kind)
        for setting in settings_of(ASKS[kind]):
            if setting.path != "run":
                _add_setting(parser, kind, setting)
    age = _of_run(verbs, "age", "age")
    age.add_argument("asked_text", metavar="TEXT", help="the new text: a file or a folder")


def _of_run(verbs: Any, verb: str, kind: Kind) -> argparse.ArgumentParser:
    title, summary = TITLES[kind]
    parser: argparse.ArgumentParser = verbs.add_parser(verb, help=title[:1].lower() + title[1:], description=summary)
    parser.add_argument("asked_run", metavar="RUN_DIR", help="the folder of a finished run")
    parser.add_argument("--json", action="store_true", help="print one object")
    parser.set_defaults(do=lambda options: _look(options, kind))
    return parser


def _add_setting(parser: argparse.ArgumentParser, kind: Kind, setting: Setting) -> None:
    choices = ", ".join(option.value for option in choices_of(kind, setting))
    typed = choices or ("TEXT" if setting.kind == "str" else "N")
    parser.add_argument(option(setting), dest=f"asked_{setting.name}", metavar=typed, help=_help(setting))


def option(setting: Setting) -> str:
    """How a job's setting is typed."""
    return f"--{setting.name.replace('_', '-')}"


def parse_option(setting: Setting, text: str) -> Value:
    """The value of `setting` that was typed after its option. Raises BadInput that names the option."""
    return parse_value(msgspec.structs.replace(setting, path=option(setting)), text)


def _help(setting: Setting) -> str:
    return f"{setting.help} ({setting.default}{f' {setting.unit}' if setting.unit else ''})".replace("%", "%%")


def _add_ends(parser: argparse.ArgumentParser) -> None:
    wanted = "write the experiment with the suggestion in it"
    parser.add_argument("--take", "--out", type=Path, metavar="FILE", help=wanted)
    parser.add_argument("--pick", metavar="NAME", help="which suggestion to take, by its name (the first)")
    parser.add_argument("--json", action="store_true", help="print one object")


def _find(options: argparse.Namespace, kind: Kind) -> int:
    job = ask(kind, asked(options, kind))
    experiment = checked_here(experiment_of(options))
    if options.take and options.take.exists() and not options.take.samefile(options.file):
        raise refuse("file_exists", path=str(options.take))
    return _done(job, experiment, options)


def _look(options: argparse.Namespace, kind: Kind) -> int:
    run_dir = existing(Path(options.asked_run))
    options.asked_run, options.take = str(run_dir), None
    return _done(ask(kind, asked(options, kind)), load(run_dir / EXPERIMENT, REGISTRY), options)


def _done(job: Job, experiment: Experiment, options: argparse.Namespace) -> int:
    job_dir = create(jobs_root(), job, experiment)
    tell_of_comparison()
    tell(f"The job's folder: {job_dir}")
    watch(job_dir, start(job_dir))
    finding = Finding(job.kind)
    finding.take(read_all(job_dir))
    return _finish(finding, job_dir, options)


def asked(options: argparse.Namespace, kind: Kind) -> dict[str, Any]:
    """What was typed of the job's own settings. Raises BadInput where it is no value of theirs."""
    typed = {setting: getattr(options, f"asked_{setting.name}") for setting in settings_of(ASKS[kind])}
    return {setting.name: parse_option(setting, text) for setting, text in typed.items() if text is not None}


def _finish(finding: Finding, job_dir: Path, options: argparse.Namespace) -> int:
    if "field" in finding.arguments:
        arguments = dict(finding.arguments)
        say_bad_input([Problem(finding.reason, str(arguments.pop("field")), arguments)], options.json)
        return BAD_INPUT
    if not options.json:
        give(in_words(finding))  # what was found out is worth reading even if nothing can be taken
    chosen = _taken(finding, options) if options.take and finding.suggestions else None
    if options.json:
        give_json(_summary(finding, job_dir, chosen))
    if chosen is not None:
        tell(f"Wrote {options.take}. Run it: gpulab run {options.take}")
    return 0 if finding.state in ("done", "stopped") else FAILED


def _taken(finding: Finding, options: argparse.Namespace) -> Suggestion:
    """Writes the experiment as its file has it, its text's path as it is there, with what was suggested."""
    known = [suggestion for suggestion in finding.suggestions if suggestion.changes]
    if not known:
        raise refuse("nothing_to_take")
    found = [one for one in known if one.key == (options.pick or one.key)]
    if not found:
        raise refuse("no_such_suggestion", name=options.pick, known=", ".join(one.key for one in known))
    experiment: Experiment = with_overrides(load(options.file, REGISTRY), options.overrides)
    save(taken_over(experiment, found[0]), options.take)
    return found[0]


def in_words(finding: Finding) -> str:
    """The table, how it ended, and each suggestion with its name."""
    lines = [table(finding.table), ""] if finding.trials else []
    lines += [f"{label}: {explain(problem)}" for label, problem in finding.reasons]
    if finding.reason:
        lines.append(sentence(finding.reason, finding.arguments))
    for suggestion in finding.suggestions:
        name = f"  [{suggestion.key}]" if suggestion.changes else ""
        lines.append(f"{sentence(suggestion.key, suggestion.arguments)}{name}")
    return "\n".join(lines)


def _summary(finding: Finding, job_dir: Path, chosen: Suggestion | None) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "status": finding.state,
        "reason": finding.reason,
        "sentence": sentence(finding.reason, finding.arguments) if finding.reason else "",
        "trials": [{**trial.values, **trial.names, "seconds": trial.seconds} for trial in finding.trials],
        "suggestions": [_told(suggestion) for suggestion in finding.suggestions],
        "taken": chosen.key if chosen else None,
        "job_dir": str(job_dir),
    }


def _told(suggestion: Suggestion) -> dict[str, Any]:
    return {
        "key": suggestion.key,
        "changes": dict(suggestion.changes),
        "arguments": dict(suggestion.arguments),
        "sentence": sentence(suggestion.key, suggestion.arguments),
    }
