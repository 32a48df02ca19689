"""Where the time of a few steps goes and what their memory is for, by torch's profiler, on demand.

The profiler notes every operator and every allocation, which slows the steps that it watches down: on a processor by a
tenth where operators are long (mini), to half the speed where they are short. Losses stay as they are, bit for bit.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import torch

from gpulab.engine.device import wait_for
from gpulab.engine.pipeline import Pipeline
from gpulab.engine.probes.guard import Guard
from gpulab.engine.probes.memory_map import StepMemory, fullest, thinned
from gpulab.engine.probes.phases import STEP, PhaseClock
from gpulab.engine.probes.trace import Trace
from gpulab.engine.state import TrainingState
from gpulab.events.profile import FOLDER, PARTS, PHASES, MemoryMoment, Profile, encode, trace_of
from gpulab.runs.files import replace_whole
from gpulab.spec.estimates import estimate

NAME = "profile"
"""What this probe is called where it fails."""

_OPERATORS = 60  # of the longest are kept
_TELLS_WHERE = frozenset(("host_name", "traceName"))  # of the trace: nobody else's business
_COMPILED = "Torch-Compiled Region"


class Profiler:
    """Watches up to `steps` steps of a training, from `begin` on: each is to be made inside `step()`.

    `put_away` ends it, whether or not anything was watched; `write` says what it saw. Whatever fails here is told by
    `guard` and ends the watching alone: the training goes on.
    """

    def __init__(self, state: TrainingState, pipeline: Pipeline, steps: int, guard: Guard) -> None:
        self._state, self._steps, self._guard = state, steps, guard
        self.at_step, self.made = state.step, 0
        self._memory = StepMemory(state, pipeline)
        self._clock = PhaseClock(lambda name: self._try(lambda: self._memory.phase_left(name)))
        self._profiler: torch.profiler.profile | None = None
        self._phase_before = state.phase
        self._stopped = True

    @property
    def done(self) -> bool:
        """Whether all steps were watched, or nothing can be watched any more."""
        return self.made >= self._steps or not self._guard.on(NAME)

    def begin(self) -> None:
        """Starts to watch, once the device has done what it had to do before."""
        wait_for(self._state.device)
        self._try(self._start)

    def step(self) -> AbstractContextManager[None]:
        """What one step is to be made in."""
        self._try(self._memory.step_begins)
        if self._guard.on(NAME):
            return self._watched()
        self.put_away()
        return nullcontext()

    def put_away(self) -> None:
        """Stops watching; the loop's phases mean again what they did."""
        if self._state.phase is self._clock:
            self._state.phase = self._phase_before
        if (running := self._profiler) is not None and not self._stopped:
            self._stopped = True
            self._try(running.stop)

    def write(self, path: Path, look_s: float = 0.0, usual_s: float | None = None) -> Profile | None:
        """Writes what was seen to `path` and the trace beside it; None where nothing was.

        `look_s` are the seconds that a step's share of the looks at held-out text takes.
        """
        if not self.made:
            return None
        return self._guard.call(NAME, lambda: self._written(path, look_s, usual_s), None)

    def _start(self) -> None:
        activities = [torch.profiler.ProfilerActivity.CPU]
        if self._state.device.type == "cuda":
            activities.append(torch.profiler.ProfilerActivity.CUDA)
        self._profiler = torch.profiler.profile(activities=activities, profile_memory=True)
        self._profiler.start()
        self._stopped = False
        self._phase_before = self._state.phase
        self._state.phase = self._clock

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Marks one step; the last one lasts until the device has done it."""
        with self._clock(STEP):
            yield
            self.made += 1
            if self.done:
                wait_for(self._state.device)

    def _try(self, do: Callable[[], object]) -> None:
        self._guard.call(NAME, do, None)

    def _written(self, path: Path, look_s: float, usual_s: float | None) -> Profile:
        path.parent.mkdir(exist_ok=True)
        document = self._trace_document()
        trace = Trace(document["traceEvents"])
        moments = self._memory.moments(trace)
        profile = self._profile(trace, moments, look_s, usual_s)
        document["traceEvents"] += _counters(moments, trace.steps[-1].start)
        replace_whole(trace_of(path), gzip.compress(msgspec.json.encode(document), compresslevel=5))
        replace_whole(path, encode(profile))
        return profile

    def _trace_document(self) -> dict[str, Any]:
        with TemporaryDirectory() as folder:
            raw = Path(folder) / "trace.json"
            assert self._profiler is not None
            self._profiler.export_chrome_trace(str(raw))
            document: dict[str, Any] = msgspec.json.decode(raw.read_bytes())
        return {key: value for key, value in document.items() if key not in _TELLS_WHERE}

    def _profile(self, trace: Trace, moments: Sequence[MemoryMoment], look_s: float, usual_s: float | None) -> Profile:
        phases = trace.device_phases() if trace.on_device else self._phases(trace)
        phases = {name: seconds / self.made for name, seconds in phases.items()}
        phases["evaluation"] += look_s
        kernels, counted = trace.kernel_count()
        full = fullest(moments)
        plan, optimizer = self._state.plan, self._state.experiment.training.optimizer
        expected = estimate(plan, optimizer, self._state.device.type == "cuda")
        return Profile(
            at_step=self.at_step,
            steps=self.made,
            device=str(self._state.device),
            step_seconds=sum(phases.values()),
            phases=phases,
            operators=trace.operators(_OPERATORS),
            kernels_per_step=kernels,
            counted=counted,
            memory=full,
            peak=max(full, key=lambda moment: moment.total).moment,
            predicted={
                "parameters": expected.weights_bytes,
                "gradients": expected.gradients_bytes,
                "optimizer": expected.optimizer_bytes,
                "activations": expected.activations_bytes,
            },
            course=thinned(moments),
            tensor_core_share=trace.tensor_core_share(),
            usual_seconds=usual_s,
            compiled=trace.has(_COMPILED),
        )

    def _phases(self, trace: Trace) -> dict[str, float]:
        """By the thread's own clock: on a processor it does the work itself, or waits."""
        clock = self._clock
        phases = {name: clock.busy[name] for name in PHASES}
        phases["other"] += clock.busy[STEP]
        waited = sum(clock.waited.values())
        exchange = min(trace.exchange_seconds(), clock.waited["backward"])
        phases["communication"] += exchange
        phases["idle"] = waited - exchange
        return phases


def path_of(folder: Path, name: str) -> Path:
    """Where the profile called `name` of a run or job lies."""
    return folder / FOLDER / f"{name}.json"


def _counters(moments: Sequence[MemoryMoment], begun: float) -> list[dict[str, Any]]:
    """The last step's memory as a chart in the trace."""
    return [
        {
            "ph": "C",
            "name": "memory (bytes)",
            "pid": 0,
            "tid": 0,
            "ts": (begun + moment.seconds) * 1e6,
            "args": {part: getattr(moment, part) for part in PARTS},
        }
        for moment in moments
    ]
