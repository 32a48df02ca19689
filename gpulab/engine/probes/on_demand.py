"""Profiles that a person asks for while a run trains: of the next few steps, marked on record, out of its speed."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from gpulab.engine.pipeline import Pipeline
from gpulab.engine.probes.besides import Probes
from gpulab.engine.probes.guard import Guard
from gpulab.engine.probes.profiling import Profiler, path_of
from gpulab.engine.state import TrainingState
from gpulab.events.documents import ArtifactSaved, Notice

if TYPE_CHECKING:
    from gpulab.engine.recorder import Recorder

WARM_UP_STEPS = 3
"""A worker's first steps compile, and make the optimizer's state: nobody wants to know where their time goes."""

_NOTHING: AbstractContextManager[None] = nullcontext()


class Profiles:
    """The profiles of one run. All ranks of a team call all of this alike; the leader alone watches and writes.

    `look_s` is what the last look at held-out text took.
    """

    def __init__(
        self, run_dir: Path, state: TrainingState, pipeline: Pipeline, recorder: Recorder, probes: Probes
    ) -> None:
        self._run_dir, self._state, self._pipeline, self._recorder = run_dir, state, pipeline, recorder
        self._probes = probes
        self._profiler: Profiler | None = None
        self._from = self._left = self._made = 0
        self.look_s = 0.0

    @property
    def ready(self) -> bool:
        """Whether a profile can begin: the worker is warm and none is being made."""
        return self._made >= WARM_UP_STEPS and not self._left

    def begin(self, steps: int) -> None:
        """Watches the next `steps` steps, or as many as there are."""
        state = self._state
        self._left, self._from = min(steps, state.steps - state.step), state.step
        with self._recorder.not_training():
            self._recorder.aside = True
            self._probes.hold_peak()  # the profiler's notes are no memory of the training's
            if state.team.leads:
                self._profiler = Profiler(state, self._pipeline, self._left, Guard(state.emit))
                self._profiler.begin()

    def step(self) -> AbstractContextManager[None]:
        """What a step is to be made in."""
        return _NOTHING if self._profiler is None else self._profiler.step()

    def step_done(self) -> None:
        """Called after each step, when it is on record."""
        self._made += 1
        if self._left:
            self._left -= 1
            if not self._left:
                self._finish()

    def end(self) -> None:
        """No further step is made: what was seen so far is written."""
        if self._left:
            self._left = 0
            self._finish()

    def put_away(self) -> None:
        """Leaves nothing running, whatever has happened."""
        if self._profiler is not None:
            self._profiler.put_away()
            self._profiler = None

    def _finish(self) -> None:
        with self._recorder.not_training():
            self._recorder.aside = False
            if (profiler := self._profiler) is not None:
                usual = self._recorder.tokens_per_s
                tokens = self._state.experiment.tokens_per_step
                look_s = self.look_s / self._state.experiment.training.eval_interval
                path = path_of(self._run_dir, f"step-{self._from:06d}")
                self.put_away()
                if profiler.write(path, look_s, tokens / usual if usual else None) is not None:
                    self._tell(path)
                del profiler
            self._probes.release_peak()

    def _tell(self, path: Path) -> None:
        relative, size = path.relative_to(self._run_dir).as_posix(), path.stat().st_size
        first, last = self._from + 1, self._state.step
        self._recorder.write(
            ArtifactSaved(kind="profile", path=relative, step=self._from, bytes=size),
            Notice(key="profiled", step=first, arguments={"first": first, "last": last, "path": relative}),
        )
