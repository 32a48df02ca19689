"""Finished models outside the window: they write to the terminal, and they go into a file of their own."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gpulab.cli.finding import asked, option
from gpulab.cli.output import figure, give, give_json, say_bad_input, size, tell
from gpulab.cli.summary import BAD_INPUT, FAILED
from gpulab.cli.watching import watch
from gpulab.events.control import give as order
from gpulab.events.documents import AnyDocument, Notice, RunEnded, Trial
from gpulab.events.log import read_all
from gpulab.runs.digest import Digest
from gpulab.runs.folder import EXPERIMENT, existing
from gpulab.runs.jobs import create, jobs_root
from gpulab.runs.launcher import start
from gpulab.runs.models import COMPRESSED
from gpulab.spec.files import load
from gpulab.spec.jobs import ASKS, Part, ask
from gpulab.spec.problem import Problem, refuse
from gpulab.spec.setting import Value, settings_of
from gpulab.techniques import REGISTRY
from gpulab.words import sentence

_OF_A_PAIR = ("run_a", "run_b", "part_a", "part_b")


def add_verbs(verbs: Any) -> None:
    generate = verbs.add_parser("generate", help="let a finished model write")
    generate.add_argument("run_dir", type=Path, metavar="RUN_DIR", help="the folder of a finished run")
    for setting in settings_of(ASKS["write"]):
        if setting.path not in _OF_A_PAIR:
            names = ", ".join(setting.choices) or {"str": "TEXT", "bool": "on|off"}.get(setting.kind, "N")
            told = f"{setting.help} ({_told(setting.default)})" if setting.kind != "str" else setting.help
            generate.add_argument(option(setting), dest=f"asked_{setting.name}", metavar=names, help=_escaped(told))
    generate.add_argument("--compressed", action="store_true", help="the compressed model instead of the trained one")
    generate.add_argument("--json", action="store_true", help="print one object when it is done")
    generate.set_defaults(do=_generate, asked_run_a=None, asked_run_b=None, asked_part_a=None, asked_part_b=None)

    export = verbs.add_parser("export", help="write a finished model into one file, with its config beside it")
    export.add_argument("run_dir", type=Path, metavar="RUN_DIR", help="the folder of a finished run")
    export.add_argument("--format", choices=["safetensors"], default="safetensors", help="the file's format")
    export.add_argument("--out", type=Path, metavar="FILE", help="the file (named after the run, in this folder)")
    export.add_argument("--trained", action="store_true", help="the model before it was compressed")
    export.add_argument("--json", action="store_true", help="print one object")
    export.set_defaults(do=_export)


def _told(default: Value) -> str:
    return {"True": "on", "False": "off"}.get(str(default), str(default))


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _generate(options: argparse.Namespace) -> int:
    run_dir = existing(options.run_dir)
    part: Part = "final" if options.compressed else "trained"
    if options.compressed and not (run_dir / COMPRESSED).is_file():
        raise refuse("no_compressed_model", path=str(options.run_dir))
    job = ask("write", {**asked(options, "write"), "run_a": str(run_dir), "part_a": part})
    job_dir = create(jobs_root(), job, load(run_dir / EXPERIMENT, REGISTRY))
    if not options.json:
        _put(options.asked_prompt or "")
    try:
        watch(job_dir, start(job_dir), _Quiet() if options.json else _Streaming())
    except BrokenPipeError:  # whoever read has had enough: nothing writes on for nobody
        order(job_dir, "stop")
        raise
    documents = read_all(job_dir)
    ended = next((document for document in reversed(documents) if isinstance(document, RunEnded)), None)
    if not options.json:
        _put("\n")
    if ended is not None and "field" in ended.arguments:
        arguments = dict(ended.arguments)
        field = str(arguments.pop("field")).replace("run_a", "RUN_DIR")
        say_bad_input([Problem(ended.reason, field, arguments)], options.json)
        return BAD_INPUT
    return _finish(documents, ended, options)


def _finish(documents: Sequence[AnyDocument], ended: RunEnded | None, options: argparse.Namespace) -> int:
    written = next((one for one in _trials(documents) if one.names["what"] == "written"), None)
    figures = dict(written.values) if written else {}
    status, reason = (ended.status, ended.reason) if ended else ("vanished", "worker_vanished")
    text = "".join(one.names["text"] for one in _trials(documents) if one.names["what"] == "text")
    if options.json:
        told = {"status": status, "reason": reason, "prompt": options.asked_prompt or "", "text": text, **figures}
        give_json({**told, "ended": written.names["ended"] if written else None})
    elif written and (speed := figures["tokens_per_s"]) is not None:
        first, memory = figures["first_token_s"] or 0.0, size(int(figures["memory_bytes"] or 0))
        tell(f"{figures['tokens']:.0f} tokens, {figure(speed)} tokens/s, first after {first * 1000:.3g} ms, {memory}")
    if reason and status not in ("done", "stopped") and not options.json:
        tell(sentence(reason, ended.arguments if ended else {}))
    is_good = status in ("done", "stopped") and (written is None or written.names["ended"] != "not_finite")
    return 0 if is_good else FAILED


def _trials(documents: Sequence[AnyDocument]) -> list[Trial]:
    return [document for document in documents if isinstance(document, Trial)]


class _Quiet:
    """Nothing but what a person should know beforehand."""

    def show(self, documents: Sequence[AnyDocument], digest: Digest) -> None:
        for document in documents:
            if isinstance(document, Notice):
                tell(sentence(document.key, document.arguments))


class _Streaming(_Quiet):
    """The text as it comes."""

    def show(self, documents: Sequence[AnyDocument], digest: Digest) -> None:
        super().show(documents, digest)
        for trial in _trials(documents):
            if trial.names["what"] == "text":
                _put(trial.names["text"])


def _put(text: str) -> None:
    """Puts `text` out without ending the line, in what this terminal can show of it."""
    known = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(known, errors="replace").decode(known))
    sys.stdout.flush()


def _export(options: argparse.Namespace) -> int:
    from gpulab.comparisons.exporting import SUFFIX, export

    out = options.out or Path(f"{existing(options.run_dir).name}{SUFFIX}")
    written = export(options.run_dir, "trained" if options.trained else "final", out)
    if options.json:
        give_json({"path": str(written.path), "config": str(written.config), "bytes": written.bytes})
    else:
        give(f"{written.path}  {size(written.bytes)}\n{written.config}")
    return 0
