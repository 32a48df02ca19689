"""What is known of a job while it works, as plain values: how far it is, its curves, its table, what it suggests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from gpulab.events.documents import AnyDocument, JobStarted, Notice, RunEnded, Status, Suggestion, Trial
from gpulab.spec.decode import with_values
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Kind
from gpulab.spec.problem import Argument, Problem
from gpulab.spec.setting import Setting
from gpulab.techniques import BY_NAME, REGISTRY
from gpulab.techniques.doses import LADDERS
from gpulab.viewmodels.finding_charts import PLOTS, TABLES
from gpulab.viewmodels.finding_values import Chart, Table, Waterfall
from gpulab.viewmodels.options import Option

State = Literal["starting", "working", "done", "stopped", "failed", "vanished"]

_UNSURE = 3  # trials; before them, time left is a guess that nobody should read


def choices_of(kind: Kind, setting: Setting) -> tuple[Option, ...]:
    """What can be chosen for a setting of that kind of job; empty where any value may be typed."""
    if kind == "doses" and setting.path == "technique":
        return tuple(Option(name, BY_NAME[name].label) for name in LADDERS)
    return tuple(Option(choice, setting.label_of(choice)) for choice in setting.choices)


class Finding:
    """One job, folded from its documents."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.state: State = "starting"
        self.planned = 0
        self.trials: list[Trial] = []
        self.suggestions: list[Suggestion] = []
        self.notices: list[Notice] = []
        self.reason = ""
        self.arguments: dict[str, Argument] = {}
        self.device_name = ""

    def take(self, documents: Iterable[AnyDocument]) -> None:
        """Takes in `documents`, which follow those taken in before."""
        for document in documents:
            match document:
                case JobStarted():
                    self.state, self.planned = "working", document.trials
                    self.device_name = document.device_name
                case Trial():
                    self.trials.append(document)
                case Suggestion():
                    self.suggestions.append(document)
                case Notice():
                    self.notices.append(document)
                case RunEnded():
                    self._ended(document.status, document)
                case _:
                    pass

    def _ended(self, status: Status, document: RunEnded) -> None:
        self.state = status
        self.reason, self.arguments = document.reason, dict(document.arguments)

    @property
    def over(self) -> bool:
        return self.state not in ("starting", "working")

    @property
    def done_share(self) -> float | None:
        """How much is done (0 to 1), or None where nobody knows."""
        if self.state == "done":
            return 1.0
        return len(self.trials) / self.planned if self.planned and self.trials else None

    @property
    def seconds_left(self) -> float | None:
        """At the pace so far, or None where that cannot be told."""
        if self.over or not self.planned or len(self.trials) < _UNSURE:
            return None
        return self.trials[-1].seconds / len(self.trials) * (self.planned - len(self.trials))

    @property
    def plots(self) -> tuple[Chart, ...]:
        """The job's charts; they are empty until something was measured."""
        return tuple(PLOTS[self.kind](self.trials, self.suggestions))

    @property
    def reasons(self) -> list[tuple[str, Problem]]:
        """What was not tried, or did not work, each with the reason."""
        falls = [fall for chart in self.plots if isinstance(chart, Waterfall) for fall in chart.falls]
        return [(fall.label, fall.reason) for fall in falls if fall.reason is not None]

    @property
    def table(self) -> Table:
        """What was measured, the headings first."""
        return TABLES[self.kind](self.trials)


def taken_over(experiment: Experiment, suggestion: Suggestion) -> Experiment:
    """`experiment` with what is suggested. Raises BadInput where the rest of it does not allow that."""
    changes = {path: value for path, value in suggestion.changes.items() if value is not None}
    return with_values(experiment, changes, REGISTRY)
