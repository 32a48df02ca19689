"""Everything a run can say, as tagged frozen structs: stable keys and arguments, never sentences.

A document's `at` is seconds since the epoch. Renamed fields keep a migration in `gpulab.events.codec`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from gpulab.spec.problem import Argument

Status = Literal["done", "stopped", "failed", "vanished"]
Better = Literal["lower", "higher", "neither"]
Severity = Literal["info", "warning", "danger"]


_LONGEST_NAME = 255  # bytes, on every file system there is


class Document(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of all documents."""

    at: float = msgspec.field(default_factory=time.time)


class RunStarted(Document, frozen=True, kw_only=True, tag="run_started"):
    """The first document: everything needed to trace a figure. `experiment` holds its plain tables."""

    format: int
    experiment: dict[str, Any]
    experiment_hash: str
    seed: int
    versions: dict[str, str]
    device: str
    device_name: str
    threads: int
    technique_order: tuple[str, ...]
    parameters: int
    vocab_size: int
    steps: int
    tokens_per_step: int
    training_tokens: int
    pid: int
    pid_started: float

    @property
    def architecture(self) -> str:
        """The kind of model where a technique chose it, empty otherwise."""
        return str(self.experiment.get("techniques", {}).get("architecture", {}).get("kind", ""))

    @property
    def optimizer(self) -> str:
        """The optimizer's key; empty in a record from before there was a choice."""
        return str(self.experiment.get("training", {}).get("optimizer", ""))


class RunResumed(Document, frozen=True, kw_only=True, tag="run_resumed"):
    """A later worker went on after step `from_step`; every earlier sample beyond that step is superseded."""

    from_step: int
    pid: int
    pid_started: float


class SeriesDeclared(Document, frozen=True, kw_only=True, tag="series_declared"):
    """A series that samples will carry."""

    key: str
    label: str
    unit: str
    better: Better


class Sample(Document, frozen=True, kw_only=True, tag="sample"):
    """Readings after `step` steps and `tokens` trained tokens; `seconds` of training, pauses left out.

    A value that was not finite is None, beside a Notice.
    """

    step: int
    tokens: int
    seconds: float
    values: dict[str, float | None]


class TextGenerated(Document, frozen=True, kw_only=True, tag="text_generated"):
    """What the model wrote after `step` steps; `variant` is `trained` or `compressed`."""

    step: int
    prompt: str
    text: str
    variant: Literal["trained", "compressed"] = "trained"


class Notice(Document, frozen=True, kw_only=True, tag="notice"):
    """Something that happened: `gpulab.words` holds the sentence for `key`."""

    key: str
    arguments: Mapping[str, Argument] = {}
    step: int | None = None
    severity: Severity = "info"


class ArtifactSaved(Document, frozen=True, kw_only=True, tag="artifact_saved"):
    """A file of the run's folder (`path` is relative to it) is complete on disk."""

    kind: Literal["checkpoint", "model", "compressed", "attention", "profile"]
    path: str
    step: int
    bytes: int


class Examined(Document, frozen=True, kw_only=True, tag="examined"):
    """What an examination of the model found after `step` steps, and the `seconds` that it took, training left out.

    `parts` are figures of one part each (a layer, a head, a prompt, a document). `final` is said of the finished
    model. A value that is not finite is None.
    """

    name: str
    step: int
    values: dict[str, float | None]
    parts: dict[str, dict[str, float | None]] = {}
    variant: Literal["trained", "compressed"] = "trained"
    final: bool = False
    seconds: float


class RunEnded(Document, frozen=True, kw_only=True, tag="run_ended"):
    """The last document of a worker: how it ended, why (a Notice's key and arguments), and the figures."""

    status: Status
    step: int
    reason: str = ""
    arguments: Mapping[str, Argument] = {}
    summary: dict[str, Any] = {}


class JobStarted(Document, frozen=True, kw_only=True, tag="job_started"):
    """The first document of a job: what was asked (`kind`, `settings`), of which experiment, and where.

    `trials` is how many measurements there will be at most, 0 where that is not known before.
    """

    format: int
    kind: str
    settings: dict[str, Any]
    experiment: dict[str, Any]
    seed: int
    versions: dict[str, str]
    device: str
    device_name: str
    threads: int
    trials: int
    pid: int
    pid_started: float


class Trial(Document, frozen=True, kw_only=True, tag="trial"):
    """One measurement of a job, counted from 1, `seconds` after the job began.

    `names` tell it apart from others (a layer, an outcome); a value that could not be measured is None.
    """

    number: int
    seconds: float
    values: dict[str, float | None]
    names: dict[str, str] = {}


class Suggestion(Document, frozen=True, kw_only=True, tag="suggestion"):
    """What a job found out: `gpulab.words` holds the sentence for `key`; `changes` are settings by their paths.

    A finding that suggests no change has no `changes`. The first suggestion is the one to take where nobody chooses.
    """

    key: str
    arguments: Mapping[str, Argument] = {}
    changes: Mapping[str, Argument] = {}


class ComparisonStarted(Document, frozen=True, kw_only=True, tag="comparison_started"):
    """A comparison is being conducted by process `pid`; again each time somebody goes on with it."""

    format: int
    name: str
    versions: dict[str, str]
    pid: int
    pid_started: float


class ArmTuned(Document, frozen=True, kw_only=True, tag="arm_tuned"):
    """`arm` searched its learning rate in `trials` short runs of `job` (a folder, relative to the comparison's)."""

    arm: str
    learning_rate: float
    trials: int
    job: str


class ArmRun(Document, frozen=True, kw_only=True, tag="arm_run"):
    """`run` is the run of `arm` with `seed`: a folder, relative to the comparison's where it lies inside.

    A later one for the same arm and seed takes the earlier one's place (a run that was started again).
    """

    arm: str
    seed: int
    run: str

    def __post_init__(self) -> None:
        """Refuses what can be no path, so that whoever reads on may ask the disk about it."""
        if "\0" in self.run or any(len(os.fsencode(part)) > _LONGEST_NAME for part in self.run.split("/")):
            raise ValueError("run is no path")


class Looked(Document, frozen=True, kw_only=True, tag="looked"):
    """Every arm has `seeds` runs now, and these pairs (arm, metric) are still open after the look at them."""

    seeds: int
    undecided: tuple[tuple[str, str], ...]


AnyDocument = (
    RunStarted
    | RunResumed
    | SeriesDeclared
    | Sample
    | TextGenerated
    | Notice
    | ArtifactSaved
    | Examined
    | RunEnded
    | JobStarted
    | Trial
    | Suggestion
    | ComparisonStarted
    | ArmTuned
    | ArmRun
    | Looked
)
