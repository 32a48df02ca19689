"""`gpulab ceilings`: how fast this machine multiplies and copies at most, measured once and kept."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any

import msgspec

from gpulab.cli.finding import option
from gpulab.cli.output import give, give_json, say_bad_input, table, tell
from gpulab.cli.summary import BAD_INPUT, FAILED
from gpulab.cli.watching import watch
from gpulab.events.documents import RunEnded
from gpulab.events.log import read_all
from gpulab.hardware.ceilings import Ceilings
from gpulab.hardware.datasheet import Peak, peak_of
from gpulab.hardware.machine import Machine, this_machine
from gpulab.runs.ceilings import ceilings_root, load_ceilings
from gpulab.runs.jobs import create, jobs_root
from gpulab.runs.launcher import start
from gpulab.spec.decode import parse_value
from gpulab.spec.jobs import ASKS, TITLES, Job, MeasureCeilings, ask, where
from gpulab.spec.problem import Problem
from gpulab.spec.setting import settings_of
from gpulab.techniques import fit
from gpulab.words import sentence

_NONE = "-"


def add_verbs(verbs: Any) -> None:
    title, summary = TITLES["ceilings"]
    parser = verbs.add_parser("ceilings", help=title[:1].lower() + title[1:], description=summary)
    for setting in settings_of(ASKS["ceilings"]):
        typed = "DEVICE" if setting.kind == "str" else "N"
        told = f"{setting.help} ({setting.default})"
        parser.add_argument(option(setting), dest=f"asked_{setting.name}", metavar=typed, help=told)
    parser.add_argument("--again", action="store_true", help="measure again what was measured before")
    parser.add_argument("--json", action="store_true", help="print one object")
    parser.set_defaults(do=_ceilings)


def _ceilings(options: argparse.Namespace) -> int:
    machine = this_machine()
    typed = {setting: getattr(options, f"asked_{setting.name}") for setting in settings_of(ASKS["ceilings"])}
    job = ask("ceilings", {setting.name: parse_value(setting, text) for setting, text in typed.items() if text})
    fit(where(job), machine)
    status = 0
    if options.again or _known(job, machine) is None:
        ended = _measured(job)
        if "field" in ended.arguments:
            arguments = dict(ended.arguments)
            say_bad_input([Problem(ended.reason, str(arguments.pop("field")), arguments)], options.json)
            return BAD_INPUT
        if ended.reason:
            tell(sentence(ended.reason, ended.arguments))
        status = FAILED if ended.status in ("failed", "vanished") else 0
    found = _known(job, machine)
    if found is None:
        tell(sentence("ceilings_unfinished", {}))
        return FAILED
    peak = peak_of(found.place.device_name)
    if options.json:
        give_json(_summary(found, peak))
    else:
        give(_in_words(found, peak))
    return status


def _known(job: Job, machine: Machine) -> Ceilings | None:
    assert isinstance(job.settings, MeasureCeilings)
    return load_ceilings(machine, job.settings.device, job.settings.threads)


def _measured(job: Job) -> RunEnded:
    job_dir = create(jobs_root(), job, None)
    tell(f"The job's folder: {job_dir}")
    watch(job_dir, start(job_dir))
    last = read_all(job_dir)[-1]
    return last if isinstance(last, RunEnded) else RunEnded(status="vanished", step=0)


def _in_words(found: Ceilings, peak: Peak | None) -> str:
    place = found.place
    threads = f", {place.threads} threads" if place.threads else f", driver {place.driver}"
    measured = datetime.fromtimestamp(found.measured_at).astimezone()
    rows = [["", "measured", "±", "datasheet"]]
    for kind, speed in found.flops_per_s.items():
        promised = peak.flops_per_s.get(kind) if peak else None
        unit = "TOP/s" if kind == "int8" else "TFLOP/s"
        told = f"{promised / 1e12:.4g} {unit}" if promised else _NONE
        rows.append([kind, f"{speed / 1e12:.4g} {unit}", _spread(found, kind), told])
    copies = {
        "copy": ("copy", found.copy_bytes_per_s),
        "to_device": ("host to device", found.to_device_bytes_per_s),
        "from_device": ("device to host", found.from_device_bytes_per_s),
    }
    for key, (label, speed_) in copies.items():
        if speed_ is not None:
            rows.append([label, f"{speed_ / 1e9:.4g} GB/s", _spread(found, key), _NONE])
    lines = [
        f"{place.device_name} ({place.device}), PyTorch {place.torch}{threads}",
        f"Measured {measured:%Y-%m-%d %H:%M}",
        "",
    ]
    lines.append(table(rows))
    if peak:
        lines += ["", f"Datasheet: {peak.source}"]
    else:
        lines += ["", sentence("no_datasheet", {})]
    return "\n".join(lines)


def _spread(found: Ceilings, key: str) -> str:
    return f"{100 * found.spread[key]:.2g} %" if key in found.spread else _NONE


def _summary(found: Ceilings, peak: Peak | None) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(found)
    told["file"] = str(ceilings_root() / f"{found.place.key}.json")
    told["datasheet"] = msgspec.to_builtins(peak) if peak else None
    return told
