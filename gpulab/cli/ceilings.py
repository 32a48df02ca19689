"""`gpulab ceilings`: how fast this machine multiplies and copies at most, measured once and kept."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from gpulab.analysis.figures import share
from gpulab.analysis.roofline import Point, bound, point_of, roofs_of, utilization
from gpulab.cli.finding import option
from gpulab.cli.output import give, give_json, say_bad_input, table, tell
from gpulab.cli.summary import BAD_INPUT, FAILED
from gpulab.cli.watching import watch
from gpulab.events.documents import RunEnded, Trial
from gpulab.events.log import read_all
from gpulab.hardware.ceilings import Ceilings, place_of
from gpulab.hardware.datasheet import Peak, peak_of
from gpulab.hardware.machine import Machine, this_machine
from gpulab.runs.ceilings import best_of, ceilings_root, load_ceilings
from gpulab.runs.digest import Digest
from gpulab.runs.folder import existing
from gpulab.runs.jobs import create, jobs_root
from gpulab.runs.launcher import start
from gpulab.runs.reading import digest_of
from gpulab.spec.decode import parse_value
from gpulab.spec.jobs import ASKS, TITLES, Job, MeasureCeilings, ask, where
from gpulab.spec.problem import Problem
from gpulab.spec.setting import settings_of
from gpulab.techniques import fit
from gpulab.viewmodels.figures import si
from gpulab.words import sentence

_NONE = "-"


def add_verbs(verbs: Any) -> None:
    title, summary = TITLES["ceilings"]
    parser = verbs.add_parser("ceilings", help=title[:1].lower() + title[1:], description=summary)
    for setting in settings_of(ASKS["ceilings"]):
        typed = "DEVICE" if setting.kind == "str" else "N"
        told = f"{setting.help} ({setting.default})"
        parser.add_argument(option(setting), dest=f"asked_{setting.name}", metavar=typed, help=told)
    parser.add_argument("runs", nargs="*", type=Path, metavar="RUN_DIR", help="say where these runs stand under them")
    parser.add_argument("--again", action="store_true", help="measure again what was measured before")
    parser.add_argument("--json", action="store_true", help="print one object")
    parser.set_defaults(do=_ceilings)


def _ceilings(options: argparse.Namespace) -> int:
    machine = this_machine()
    typed = {setting: getattr(options, f"asked_{setting.name}") for setting in settings_of(ASKS["ceilings"])}
    job = ask("ceilings", {setting.name: parse_value(setting, text) for setting, text in typed.items() if text})
    fit(where(job), machine)
    runs = [existing(path) for path in options.runs]
    assert isinstance(job.settings, MeasureCeilings)
    kept = job.settings.kept
    found = _known(job, machine) if kept and not options.again else None
    if found is None:
        job_dir, ended = _measured(job)
        if "field" in ended.arguments:
            arguments = dict(ended.arguments)
            say_bad_input([Problem(ended.reason, str(arguments.pop("field")), arguments)], options.json)
            return BAD_INPUT
        if ended.status != "done":  # what was measured earlier, if anything, is no answer to this
            reason = "ceilings_unfinished" if ended.status == "stopped" else ended.reason
            tell(sentence(reason, ended.arguments))
            return FAILED
        found = _known(job, machine) if kept else _of_trials(job_dir, job.settings, machine)
    if found is None:
        tell(sentence("ceilings_unfinished", {}))
        return FAILED
    peak = peak_of(found.place.device_name)
    if options.json:
        give_json({**_summary(found, peak, kept), "runs": [_told(standing) for standing in map(_standing, runs)]})
    else:
        said = [] if kept else ["", sentence("ceilings_not_kept", {})]
        give("\n".join([_in_words(found, peak), *said, *_of_runs([_standing(run) for run in runs], found)]))
    return 0


def _known(job: Job, machine: Machine) -> Ceilings | None:
    assert isinstance(job.settings, MeasureCeilings)
    return load_ceilings(machine, job.settings.device, job.settings.threads)


def _of_trials(job_dir: Path, settings: MeasureCeilings, machine: Machine) -> Ceilings:
    trials = [document for document in read_all(job_dir) if isinstance(document, Trial)]
    return best_of(trials, place_of(machine, settings.device, settings.threads), time.time())


def _measured(job: Job) -> tuple[Path, RunEnded]:
    job_dir = create(jobs_root(), job, None)
    tell(f"The job's folder: {job_dir}")
    watch(job_dir, start(job_dir))
    last = next(reversed(read_all(job_dir)), None)
    vanished = RunEnded(status="vanished", step=0, reason="worker_vanished")
    return job_dir, last if isinstance(last, RunEnded) else vanished


def _in_words(found: Ceilings, peak: Peak | None) -> str:
    place = found.place
    threads = f", {place.threads} thread{'s'[: place.threads > 1]}" if place.threads else f", driver {place.driver}"
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


def _summary(found: Ceilings, peak: Peak | None, kept: bool) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(found)
    told["file"] = str(ceilings_root() / f"{found.place.key}.json") if kept else None
    told["datasheet"] = msgspec.to_builtins(peak) if peak else None
    return told


class _Standing(NamedTuple):
    """A run beside the ceilings. `point` is None where its summary does not tell, as after too few steps."""

    name: str
    digest: Digest
    point: Point | None


def _standing(run_dir: Path) -> _Standing:
    digest = digest_of(run_dir)
    name = digest.name or run_dir.name
    return _Standing(name, digest, point_of(name, digest.summary))


def _of_runs(standings: list[_Standing], found: Ceilings) -> Iterator[str]:
    """A table of where runs stand, then for each what holds it up at most."""
    if not standings:
        return
    roofs = {roof.compute_type: roof for roof in roofs_of(found)}
    rows, said = [["", "type", "operations/byte", "operations/s", "of the ceiling", "MFU"]], []
    for name, digest, point in standings:
        if point is None:
            said.append(f"{name}: {sentence('run_has_no_point', {})}")
            continue
        own = digest.device_name == found.place.device_name
        roof = roofs.get(point.compute_type) if own else None
        reached = utilization(point.flops_per_s, roof.flops_per_s) if roof else None
        shares = [share(value) if value is not None else _NONE for value in (reached, digest.summary.get("mfu"))]
        rows.append([name, point.compute_type, f"{point.intensity:.3g}", si(point.flops_per_s), *shares])
        if roof is None:
            said.append(f"{name}: {sentence('run_of_elsewhere', {'device': digest.device_name})}")
            continue
        arguments = {"intensity": f"{point.intensity:.3g}", "attainable": si(roof.attainable(point.intensity))}
        said.append(f"{name}: {sentence(f'bound_{bound(point, roof)}', arguments)}")
    yield from ("", table(rows), "", *said)


def _told(standing: _Standing) -> dict[str, Any]:
    keys = ("compute_type", "flops_per_token", "bytes_per_token", "flops_per_s", "mfu", "ceiling_share")
    figures = {key: standing.digest.summary.get(key) for key in keys}
    intensity = standing.point.intensity if standing.point else None
    return {"name": standing.name, "device_name": standing.digest.device_name, "intensity": intensity, **figures}
