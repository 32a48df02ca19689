"""One run as its documents tell it so far, so that table, story, status and charts read the same facts."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gpulab.events.documents import (
    AnyDocument,
    ArtifactSaved,
    Examined,
    Notice,
    RunEnded,
    RunResumed,
    RunStarted,
    Sample,
    TextGenerated,
)

if TYPE_CHECKING:
    from gpulab.analysis.dangers import Finding, Happening
    from gpulab.analysis.dangers.watch import Raised, SwitchedOff, Watch
    from gpulab.analysis.saying import Saying
    from gpulab.viewmodels.series import RunSeries

State = Literal[
    "queued",
    "starting",
    "preparing",
    "training",
    "paused",
    "compressing",
    "judging",
    "done",
    "stopped",
    "failed",
    "vanished",
]
LIVE: frozenset[State] = frozenset(("starting", "preparing", "training", "paused", "compressing", "judging"))

_STATE_OF_NOTICE: dict[str, State] = {
    "preparing": "preparing",
    "paused": "paused",
    "continued": "training",
    "compressing": "compressing",
    "judging": "judging",
}
_RATE_OVER = 240  # newest samples that a rate is measured over: long enough to be calm, short enough to notice change
_TEXTS_KEPT = 200
APART = "held_out_text_changed"  # the notice of edits that changed the text that is judged


class RunRecord:
    """What is known of one run. `take` folds documents in; everything else only reads."""

    def __init__(self, run_id: str, folder: Path, name: str, color_index: int = 0) -> None:
        self.run_id = run_id
        self.folder = folder
        self.name = name
        self.color_index = color_index
        self.state: State = "starting"
        self.started: RunStarted | None = None
        self.ended: RunEnded | None = None
        self.step = 0
        self.tokens = 0
        self.seconds = 0.0
        self.latest: dict[str, float] = {}
        self.best_val_loss: float | None = None
        self.best_step = 0
        self.peak_memory_bytes: float | None = None
        self.saved: ArtifactSaved | None = None
        self.resumes_at: int | None = None  # the step of the newest checkpoint
        self.texts: deque[TextGenerated] = deque(maxlen=_TEXTS_KEPT)
        self.notices: list[Notice] = []
        self.happened: list[Happening] = []  # the notices as rules about dangers see them, superseded ones left out
        self.findings: list[Finding] = []  # what examinations found, superseded ones left out
        self.resumed_at: list[int] = []  # the steps at which a later worker went on
        self.watch: Watch | None = None  # over the dangers, from the first look of `gpulab.viewmodels.dangers`
        self.commentary: tuple[Saying, ...] = ()  # what just happened, as of that look
        self.news = self.news_seen = 0  # what came that may show a danger, and how much of it was looked at
        self.went_back_to: int | None = None  # the step of a resume that the watch does not know yet
        self._series: RunSeries | None = None
        self.replayed = False  # a recording that plays again: nothing on disk is its own
        self.listed_steps = 0
        self.listed_device = ""
        self.listed_techniques: tuple[str, ...] = ()
        self.listed_apart = False
        self.listed_architecture = self.listed_optimizer = ""
        self.changes = 0
        self.complete = True  # False: only what a list needs is known, the series are still on disk
        self.pace: deque[tuple[int, float]] = deque(maxlen=_RATE_OVER)  # step and seconds of the newest samples

    @property
    def series(self) -> RunSeries:
        """The run's samples so far. Thousands of listed runs never need theirs, so it begins when it is asked for."""
        if self._series is None:
            from gpulab.viewmodels.series import RunSeries  # brings numpy, which the first paint must not wait for

            self._series = RunSeries()
        return self._series

    @series.setter
    def series(self, series: RunSeries) -> None:
        self._series = series

    @property
    def live(self) -> bool:
        """Whether its worker may still be at work."""
        return self.state in LIVE

    @property
    def steps(self) -> int:
        """How many steps it will take, 0 while that is not known."""
        return self.started.steps if self.started else self.listed_steps

    @property
    def device_name(self) -> str:
        """What it trained on, as the device calls itself; empty while that is not known."""
        return self.started.device_name if self.started else self.listed_device

    @property
    def techniques(self) -> tuple[str, ...]:
        """The names of the techniques that are switched on, in the order in which they apply."""
        return self.started.technique_order if self.started else self.listed_techniques

    @property
    def apart(self) -> bool:
        """Whether edits changed the text that is judged, so that the run compares with no other."""
        return self.listed_apart or any(notice.key == APART for notice in self.notices)

    @property
    def architecture(self) -> str:
        """The kind of model where a technique chose it, empty otherwise."""
        return self.started.architecture if self.started else self.listed_architecture

    @property
    def optimizer(self) -> str:
        """The key of its optimizer, empty where that is not known."""
        return self.started.optimizer if self.started else self.listed_optimizer

    @property
    def dangers(self) -> tuple[Raised, ...]:
        """The dangers it showed so far, the gravest first; none where nobody has looked."""
        return self.watch.raised if self.watch else ()

    @property
    def switched_off(self) -> list[SwitchedOff]:
        """The rules about dangers that failed in this run."""
        return self.watch.switched_off if self.watch else []

    @property
    def summary(self) -> dict[str, Any]:
        """The figures of the end; empty before."""
        return self.ended.summary if self.ended else {}

    @property
    def steps_per_s(self) -> float | None:
        """Measured over the newest samples, pauses left out; None while there are too few."""
        if len(self.pace) < 2:
            return None
        (first_step, first_s), (last_step, last_s) = self.pace[0], self.pace[-1]
        return (last_step - first_step) / (last_s - first_s) if last_s > first_s and last_step > first_step else None

    def take(self, documents: Iterable[AnyDocument]) -> None:
        """Folds `documents` in, in their order."""
        for document in documents:
            self._take(document)
        self.changes += 1

    def _take(self, document: AnyDocument) -> None:
        match document:
            case Sample():
                self._take_sample(document)
            case RunStarted():
                self._take_start(document)
            case Notice():
                self._take_notice(document)
                self.state = _STATE_OF_NOTICE.get(document.key, self.state)
            case TextGenerated():
                self.texts.append(document)
            case ArtifactSaved(kind="checkpoint" | "model" | "compressed"):
                self.saved = document
                self.resumes_at = document.step if document.kind == "checkpoint" else self.resumes_at
            case Examined():
                self._take_finding(document)
            case RunResumed():
                self._take_resume(document.from_step)
            case RunEnded():
                self.ended = document
                self.news += 1
                self.state = document.status
            case _:
                pass

    def _take_notice(self, notice: Notice) -> None:
        from gpulab.comparisons.dangers import happening  # once a run speaks; a list of runs goes without

        self.notices.append(notice)
        self.happened.append(happening(notice, self.step))
        self.news += 1

    def _take_finding(self, examined: Examined) -> None:
        from gpulab.comparisons.dangers import finding  # as above

        self.findings.append(finding(examined))

    def _take_start(self, document: RunStarted) -> None:
        self.started = document
        if document.training_tokens:
            self.series.tokens_per_epoch = float(document.training_tokens)

    def _take_sample(self, sample: Sample) -> None:
        if self.state in ("starting", "preparing"):
            self.state = "training"
        if sample.step >= self.step:
            self.step, self.tokens, self.seconds = sample.step, sample.tokens, sample.seconds
        self.pace.append((sample.step, sample.seconds))
        self.series.add(sample.step, sample.tokens, sample.seconds, sample.values)
        self.news += "val_loss" in sample.values
        for key, value in sample.values.items():
            if value is not None:
                self.latest[key] = value
                self.note_extremes(key, value, sample.step)

    def note_extremes(self, key: str, value: float, step: int) -> None:
        """Keeps the lowest validation loss and the highest memory; values come in the order of the record."""
        if key == "val_loss" and (self.best_val_loss is None or value < self.best_val_loss):
            self.best_val_loss, self.best_step = value, step
        if key in ("rss_bytes", "vram_allocated_bytes"):
            self.peak_memory_bytes = max(value, self.peak_memory_bytes or 0.0)

    def _take_resume(self, from_step: int) -> None:
        self.state, self.ended, self.step = "preparing", None, from_step
        self.resumed_at.append(from_step)
        self.happened = [one for one in self.happened if (one.step or 0) <= from_step]
        self.findings = [one for one in self.findings if one.step <= from_step and not one.final]
        self.went_back_to = from_step if self.went_back_to is None else min(from_step, self.went_back_to)
        self.news += 1
        self.series.supersede(from_step)
        self.pace.clear()
        self.texts = deque((text for text in self.texts if text.step <= from_step), maxlen=_TEXTS_KEPT)
        rows, validation = self.series.points("val_loss")
        known = zip(validation.tolist(), self.series.step[rows].tolist(), strict=True)
        self.best_val_loss, self.best_step = min(known, default=(None, 0))
