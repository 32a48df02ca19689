"""A list of runs needs a run's latest figures, which one pass over its documents gathers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from gpulab.events.documents import (
    AnyDocument,
    ArtifactSaved,
    JobStarted,
    Notice,
    RunEnded,
    RunResumed,
    RunStarted,
    Sample,
    Status,
    Trial,
)
from gpulab.spec.problem import Argument, Problem


class Digest(msgspec.Struct, gc=False):  # thousands are held, and none can hold itself
    """What a run has said so far. `status` is None until it ended, and again once it was resumed.

    `values` holds the latest reading of each series and `measured_at` the step it belongs to, `endings` counts the
    RunEnded documents, `checkpoint_step` is the step of the latest checkpoint, `began` says that RunStarted was seen.
    """

    name: str = ""
    experiment_hash: str = ""
    techniques: tuple[str, ...] = ()
    architecture: str = ""
    optimizer: str = ""
    seed: int = 0
    device: str = ""
    device_name: str = ""
    parameters: int = 0
    steps: int = 0
    pid: int = 0
    pid_started: float = 0.0
    began: bool = False
    started_at: float = 0.0
    ended_at: float = 0.0
    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    values: dict[str, float | None] = {}
    measured_at: dict[str, int] = {}
    paused: bool = False
    checkpoint_step: int | None = None
    documents: int = 0
    endings: int = 0
    status: Status | None = None
    reason: str = ""
    arguments: Mapping[str, Argument] = {}
    summary: dict[str, Any] = {}
    notices: dict[str, int] = {}
    problem: Problem | None = None

    def add(self, documents: Iterable[AnyDocument]) -> None:
        """Takes in `documents`, which follow those taken in before."""
        for document in documents:
            self.documents += 1
            match document:
                case Sample():
                    self._sampled(document)
                case Trial():
                    self._tried(document)
                case RunStarted():
                    self._started(document)
                case JobStarted():
                    self._job_started(document)
                case RunResumed():
                    self._resumed(document)
                case Notice():
                    self._noticed(document)
                case ArtifactSaved(kind="checkpoint"):
                    self.checkpoint_step = document.step
                case RunEnded():
                    self._ended(document)
                case _:
                    pass

    def copy(self) -> Digest:
        """A digest of its own: what this one takes in from now on does not change it."""
        own = {name: dict(getattr(self, name)) for name in ("values", "measured_at", "notices")}
        return msgspec.structs.replace(self, **own)

    def _started(self, document: RunStarted) -> None:
        self.began, self.status = True, None
        self.name = str(document.experiment.get("name", ""))
        self.experiment_hash, self.seed = document.experiment_hash, document.seed
        self.techniques = document.technique_order
        self.architecture, self.optimizer = document.architecture, document.optimizer
        self.device, self.device_name = document.device, document.device_name
        self.parameters, self.steps = document.parameters, document.steps
        self.pid, self.pid_started = document.pid, document.pid_started
        self.started_at = document.at

    def _job_started(self, document: JobStarted) -> None:
        self.began, self.status = True, None
        self.name, self.seed = str(document.experiment.get("name", "")), document.seed
        self.device, self.device_name, self.steps = document.device, document.device_name, document.trials
        self.pid, self.pid_started = document.pid, document.pid_started
        self.started_at = document.at

    def _tried(self, document: Trial) -> None:
        """A job's measurements count as its steps."""
        self.step, self.seconds = document.number, document.seconds
        self.values |= document.values

    def _resumed(self, document: RunResumed) -> None:
        """Takes back the ending and what was measured after `from_step`; seconds count as at the pace so far."""
        self.status, self.reason, self.arguments, self.summary, self.paused = None, "", {}, {}, False
        self.ended_at = 0.0
        for key in [key for key in self.values if self.measured_at.get(key, self.step) > document.from_step]:
            del self.values[key]
        share = min(1.0, document.from_step / self.step) if self.step else 0.0
        self.tokens, self.seconds = round(self.tokens * share), self.seconds * share
        self.step = document.from_step
        self.pid, self.pid_started = document.pid, document.pid_started

    def _sampled(self, document: Sample) -> None:
        self.step, self.tokens, self.seconds = document.step, document.tokens, document.seconds
        self.values |= document.values
        self.measured_at |= dict.fromkeys(document.values, document.step)

    def _noticed(self, document: Notice) -> None:
        self.notices[document.key] = self.notices.get(document.key, 0) + 1
        if document.key in ("paused", "continued"):
            self.paused = document.key == "paused"

    def _ended(self, document: RunEnded) -> None:
        self.endings += 1
        self.status, self.step, self.ended_at = document.status, document.step, document.at
        self.reason, self.arguments, self.summary = document.reason, document.arguments, document.summary
        self.paused = False
