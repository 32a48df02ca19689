"""`gpulab profile`: where a step's time goes and what fills the memory, of an experiment or of a run at work."""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from gpulab.analysis.usual_step import usual_step
from gpulab.cli.experiments import add_overrides, with_overrides
from gpulab.cli.output import figure, give, give_json, say_bad_input, table, tell
from gpulab.cli.running import checked_here
from gpulab.cli.summary import BAD_INPUT, FAILED
from gpulab.cli.watching import watch
from gpulab.events.control import give as order
from gpulab.events.documents import ArtifactSaved, Notice, RunEnded, Suggestion
from gpulab.events.log import read_all
from gpulab.events.profile import AS_SET, PARTS, PLAIN, Profile, load_profile, trace_of
from gpulab.runs.files import check_writable
from gpulab.runs.folder import EXPERIMENT, existing
from gpulab.runs.follow import Follower
from gpulab.runs.jobs import create, jobs_root
from gpulab.runs.launcher import attach, start
from gpulab.runs.recovery import close_if_vanished
from gpulab.runs.state import ACTIVE, state_of
from gpulab.spec.decode import parse_value
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import load, with_text_found
from gpulab.spec.jobs import ASKS, TITLES, ProfileSteps, ask
from gpulab.spec.problem import Problem, refuse
from gpulab.spec.setting import settings_of
from gpulab.techniques import REGISTRY
from gpulab.viewmodels.figures import figure as in_unit
from gpulab.words import sentence

_LOOK_S = 0.1
_SHOWN = 12  # operators
_COUNTED = {
    "device_kernels": "kernels on the GPU",
    "operators": "operators that compute something themselves",
    "operators_and_fused_kernels": "operators that compute something themselves, and generated kernels",
}


def add_verbs(verbs: Any) -> None:
    title, summary = TITLES["profile"]
    parser = verbs.add_parser("profile", help=title[:1].lower() + title[1:], description=summary)
    parser.add_argument(
        "target", type=Path, metavar="EXPERIMENT|RUN_DIR", help="an experiment file, or the folder of a run"
    )
    add_overrides(parser)
    parser.add_argument("--steps", default=str(ProfileSteps().steps), metavar="N", help="how many steps (5)")
    parser.add_argument("--trace", type=Path, metavar="FILE", help="where a trace for ui.perfetto.dev goes (.json.gz)")
    parser.add_argument("--json", action="store_true", help="print one object")
    parser.set_defaults(do=_profile)


def _profile(options: argparse.Namespace) -> int:
    steps = _steps(options)
    if options.trace:
        check_writable(options.trace.absolute().parent)
    if not options.target.is_dir():
        experiment = with_overrides(load(options.target, REGISTRY), options.overrides)
        return _of_experiment(with_text_found(experiment, options.target), steps, options)
    run_dir = existing(options.target)
    close_if_vanished(run_dir)
    if state_of(run_dir) in ACTIVE and not options.overrides:
        return _of_running(run_dir, steps, options)
    tell("This run is not at work: a throw-away model of its experiment is profiled.")
    experiment = with_overrides(load(run_dir / EXPERIMENT, REGISTRY), options.overrides)
    return _of_experiment(experiment, steps, options)


def _steps(options: argparse.Namespace) -> int:
    """What was typed. Raises BadInput where it is no number of steps."""
    setting = next(one for one in settings_of(ASKS["profile"]) if one.name == "steps")
    settings = ask("profile", {"steps": parse_value(setting, options.steps)}).settings
    assert isinstance(settings, ProfileSteps)
    return settings.steps


def _of_experiment(experiment: Experiment, steps: int, options: argparse.Namespace) -> int:
    job_dir = create(jobs_root(), ask("profile", {"steps": steps}), checked_here(experiment))
    tell(f"The job's folder: {job_dir}")
    watch(job_dir, start(job_dir))
    documents = read_all(job_dir)
    last = documents[-1]
    assert isinstance(last, RunEnded)
    if "field" in last.arguments:
        arguments = dict(last.arguments)
        say_bad_input([Problem(last.reason, str(arguments.pop("field")), arguments)], options.json)
        return BAD_INPUT
    if last.reason:
        tell(sentence(last.reason, last.arguments))
    saved = {Path(one.path).stem: job_dir / one.path for one in documents if isinstance(one, ArtifactSaved)}
    if AS_SET not in saved:
        tell(sentence("profile_nothing_seen", {"path": str(job_dir)}))
        return FAILED
    plain = load_profile(saved[PLAIN]) if PLAIN in saved else None
    said = [sentence(one.key, one.arguments) for one in documents if isinstance(one, Suggestion)]
    _tell(saved[AS_SET], plain, said, options)
    return FAILED if last.status in ("failed", "vanished") else 0


def _of_running(run_dir: Path, steps: int, options: argparse.Namespace) -> int:
    """Orders a profile and waits for it; Ctrl+C leaves the run alone, which profiles itself all the same."""
    follower = Follower(run_dir)
    follower.poll_all()
    order(run_dir, "profile", steps)
    tell("Waiting for the next steps. A paused run profiles them when it goes on.")
    while True:
        gone = attach(run_dir) is None  # asked before reading, so that the last words are read
        for document in follower.poll_all():
            if isinstance(document, ArtifactSaved) and document.kind == "profile":
                _tell(run_dir / document.path, None, [], options)
                return 0
            if isinstance(document, Notice) and document.arguments.get("probe") == "profile":
                tell(sentence(document.key, document.arguments))
                return FAILED
        if gone or follower.ended is not None:
            tell(sentence("profile_not_made", {}))
            return FAILED
        time.sleep(_LOOK_S)


def _tell(path: Path, plain: Profile | None, said: list[str], options: argparse.Namespace) -> None:
    profile = load_profile(path)
    if options.trace:
        try:
            options.trace.absolute().parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(trace_of(path), options.trace)
        except OSError as error:
            detail = error.strerror or str(error)
            raise refuse("folder_not_writable", path=str(options.trace), detail=detail) from error
        tell(f"Wrote {options.trace}. Open it at https://ui.perfetto.dev or chrome://tracing.")
    if options.json:
        told = {"profile": msgspec.to_builtins(profile), "plain": msgspec.to_builtins(plain), "file": str(path)}
        give_json({**told, "trace": str(trace_of(path)), "sentences": said})
    else:
        give("\n".join([*_in_words(profile, plain), *(["", *said] if said else [])]))


def _in_words(profile: Profile, plain: Profile | None) -> list[str]:
    usual = usual_step(profile.phases, profile.usual_seconds, any(one.on_device for one in profile.operators))
    slowed = f"; with the profiler {_ms(profile.step_seconds)}" if profile.usual_seconds else ""
    looks = profile.phases["evaluation"]
    lines = [
        f"{profile.steps} steps on {profile.device}, each {_ms(sum(usual.phases.values()))}{slowed}",
        *(["Times below are scaled to a step without the profiler."] if profile.usual_seconds else []),
        *(["Of it, a step's share of the looks at held-out text is evaluation."] if looks else []),
        "",
        table([("phase", "time", "share"), *_phases(usual.phases)]),
        "",
        table(
            [("kernel" if profile.tensor_core_share is not None else "operator", "time", "calls", "share")]
            + [
                (_cut(one.name), _ms(one.seconds * usual.factor), figure(one.calls), _percent(one.share))
                for one in profile.operators[:_SHOWN]
            ]
        ),
        "",
        f"{profile.kernels_per_step:.0f} {_COUNTED[profile.counted]} a step"
        + (f", {plain.kernels_per_step:.0f} with nothing fused" if plain else ""),
    ]
    if profile.tensor_core_share is not None:
        lines.append(f"{_percent(profile.tensor_core_share)} of the kernels' time on tensor cores, by their names")
    return [*lines, "", table(_memory(profile))]


def _phases(phases: Mapping[str, float]) -> list[tuple[str, str, str]]:
    total = sum(phases.values()) or 1.0
    return [(name, _ms(seconds), _percent(seconds / total)) for name, seconds in phases.items() if seconds]


def _memory(profile: Profile) -> list[tuple[str, ...]]:
    """The fullest instant by its parts, beside the estimate."""
    peak = profile.at_peak
    if peak is None:
        return [("memory",)]
    rows: list[tuple[str, ...]] = [("memory", f"fullest ({peak.moment})", "estimated")]
    rows += [(part, in_unit(getattr(peak, part), "bytes"), _estimated(profile, part)) for part in PARTS]
    rows.append(("together", in_unit(peak.total, "bytes"), in_unit(sum(profile.predicted.values()), "bytes")))
    if peak.reserved is not None:
        rows.append(("reserved", in_unit(peak.reserved, "bytes"), "-"))
    return rows


def _estimated(profile: Profile, part: str) -> str:
    return in_unit(profile.predicted.get(part), "bytes")


def _cut(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:57]}..."


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds:.3g} ms"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
