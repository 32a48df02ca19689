"""Where a step of an experiment will spend its time and its memory, before it is trained; and what fusing saves.

A throw-away model takes a few steps under the profiler: as the experiment is set, then with nothing fused, attention
written out, the optimizer going from tensor to tensor, nothing compiled. Kernels before and after stand side by side.
"""

from __future__ import annotations

import gc
import itertools
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

import torch

from gpulab.analysis.usual_step import usual_step
from gpulab.engine.device import wait_for
from gpulab.engine.evaluation import make_exam, take_exam
from gpulab.engine.jobs.workplace import Workplace, with_training
from gpulab.engine.loop import training_steps
from gpulab.engine.pipeline import Pipeline
from gpulab.engine.probes.guard import Guard
from gpulab.engine.probes.on_demand import WARM_UP_STEPS
from gpulab.engine.probes.profiling import Profiler, path_of
from gpulab.engine.state import TrainingState
from gpulab.events.documents import ArtifactSaved, Notice, Suggestion, Trial
from gpulab.events.profile import AS_SET, PLAIN, Profile, load_profile
from gpulab.hardware.machine import this_machine
from gpulab.spec.decode import decode, encode
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import ProfileSteps
from gpulab.spec.problem import BadInput
from gpulab.techniques import REGISTRY, fit

_TIMED_STEPS = 5  # without the profiler, to tell how much it slows down
_FUSING = {"attention": {"kernel": "naive"}, "optimizer_kernel": {"kernel": "for_loop"}}
_COMPILATION = "compilation"


def planned(settings: ProfileSteps) -> int:
    """One trial for each variant."""
    return 2 if settings.unfused else 1


def measure(place: Workplace, settings: ProfileSteps) -> None:
    """Writes a profile of each variant and notes its main figures."""
    _profile(place, AS_SET, place.experiment, settings.steps)
    if not settings.unfused:
        return
    gc.collect()
    try:
        _profile(place, PLAIN, unfused(place.experiment), settings.steps)
    except torch.OutOfMemoryError:
        place.say(Notice(key="profile_plain_too_big", severity="warning"))


def unfused(experiment: Experiment) -> Experiment:
    """`experiment` with as little fused as its other settings allow."""
    table, machine = encode(experiment), this_machine()
    table["techniques"].pop(_COMPILATION, None)
    for name, settings in _FUSING.items():
        changed = {**table, "techniques": {**table["techniques"], name: settings}}
        try:
            fit(decode(changed, REGISTRY), machine)
        except BadInput:  # an optimizer with a single kernel, an architecture without attention
            continue
        table = changed
    return decode(table, REGISTRY)


def suggest(trials: Sequence[Trial], experiment: Experiment, settings: ProfileSteps) -> list[Suggestion]:
    """Where most of the time goes, how full the memory gets, what fusing saves."""
    by_name = {trial.names["variant"]: trial for trial in trials}
    if (found := by_name.get(AS_SET)) is None:
        return []
    values = {key: value or 0.0 for key, value in found.values.items()}
    phases = {key.removeprefix("phase_"): value for key, value in values.items() if key.startswith("phase_")}
    phases = dict(usual_step(phases, values["usual_step_s"], found.names["counted"] == "device_kernels").phases)
    longest, step_s = max(phases, key=lambda name: phases[name]), sum(phases.values())
    said = [
        Suggestion(
            key="profile_most_time",
            arguments={
                "phase": longest,
                "percent": round(100 * phases[longest] / (step_s or 1.0)),
                "step_ms": _short(1e3 * step_s),
            },
        ),
        Suggestion(
            key="profile_fullest",
            arguments={
                "phase": found.names["peak"],
                "megabytes": _short(values["peak_bytes"] / 1e6),
                "predicted": _short(values["predicted_bytes"] / 1e6),
            },
        ),
    ]
    if (plain := by_name.get(PLAIN)) is not None:
        key = "profile_fused_kernels" if found.names["counted"] == "device_kernels" else "profile_fused_operators"
        arguments = {"before": round(plain.values["kernels"] or 0.0), "after": round(values["kernels"])}
        said.append(Suggestion(key=key, arguments=arguments))
    return said


def _profile(place: Workplace, name: str, experiment: Experiment, steps: int) -> None:
    place.check()
    compiled = _COMPILATION in experiment.techniques and place.device.type == "cpu"
    with _kernels_visible() if compiled else nullcontext():
        path = path_of(place.folder, name)
        if not _written(place, name, experiment, steps):
            return
    profile = load_profile(path)
    relative = path.relative_to(place.folder).as_posix()
    place.say(ArtifactSaved(kind="profile", path=relative, step=profile.at_step, bytes=path.stat().st_size))
    peak = profile.at_peak
    figures = {
        "step_s": profile.step_seconds,
        "usual_step_s": profile.usual_seconds or 0.0,
        "kernels": profile.kernels_per_step,
        "peak_bytes": float(peak.total if peak else 0),
        "predicted_bytes": float(sum(profile.predicted.values())),
        **{f"phase_{phase}": seconds for phase, seconds in profile.phases.items()},
    }
    if profile.tensor_core_share is not None:
        figures["tensor_core_share"] = profile.tensor_core_share
    place.note(figures, {"variant": name, "counted": profile.counted, "peak": profile.peak})


def _written(place: Workplace, name: str, experiment: Experiment, steps: int) -> Profile | None:
    """Trains and profiles a throw-away model of `experiment`; None where the profiler failed, which is on record."""
    needed = WARM_UP_STEPS + _TIMED_STEPS + steps
    state, pipeline, batches = place.built(with_training(experiment, steps=max(needed, experiment.training.steps)))
    running = training_steps(state, pipeline, batches)
    for _ in itertools.islice(running, WARM_UP_STEPS):
        place.check()
    usual_s = statistics.median(_timed(place, running) for _ in range(_TIMED_STEPS))
    profiler = Profiler(state, pipeline, steps, Guard(place.say))
    profiler.begin()
    try:
        while not profiler.done:
            place.check()
            with profiler.step():
                next(running)
    finally:
        profiler.put_away()
    look_s = _look(place, state, pipeline) / experiment.training.eval_interval
    return profiler.write(path_of(place.folder, name), look_s, usual_s)


def _timed(place: Workplace, running: Iterator[object]) -> float:
    """Seconds of one step, the device's work included."""
    place.check()
    wait_for(place.device)
    began = time.perf_counter()
    next(running)
    wait_for(place.device)
    return time.perf_counter() - began


def _look(place: Workplace, state: TrainingState, pipeline: Pipeline) -> float:
    """Seconds of one look at held-out text."""
    experiment, text = state.experiment, place.text
    shape = (experiment.model.context_length, experiment.training.batch_size)
    share = text.original_share("validation")
    exam = make_exam(text.validation, text.tokenizer, *shape, experiment.evaluation.windows, share)
    began = time.perf_counter()
    with pipeline.evaluation_context(state):
        take_exam(state.model, exam, state.device, lambda: pipeline.forward_context(state), place.check)
    return time.perf_counter() - began


def _kernels_visible() -> AbstractContextManager[object]:
    """Lets kernels that are generated for a processor say when they run: otherwise a graph is one lump in the trace."""
    if sys.platform != "linux":
        return nullcontext()
    import torch._inductor.config as inductor  # slow to import

    patched: AbstractContextManager[object] = inductor.patch({"cpp.enable_kernel_profile": True})
    return patched


def _short(value: float) -> float:
    return float(f"{value:.3g}")
