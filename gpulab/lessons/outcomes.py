"""What the works of a lesson came to, read from their folders: one way for a run, a comparison and a job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from gpulab.analysis.changes import Judgement
from gpulab.analysis.dangers.evidence import Evidence
from gpulab.analysis.dangers.watch import Raised
from gpulab.analysis.metrics import figures_of, model_of
from gpulab.comparisons import standing
from gpulab.comparisons.dangers import dangers_in, evidence_in
from gpulab.comparisons.folder import is_comparison
from gpulab.events.documents import Suggestion, Trial
from gpulab.events.log import read_all
from gpulab.runs.reading import digest_of
from gpulab.runs.state import state_of
from gpulab.spec.comparison import Part
from gpulab.spec.lesson import Work


class Ran:
    """The run of an arm with one seed. `figures` are its metrics; `trained_in` is the run that trained its model."""

    def __init__(self, seed: int, run_dir: Path, part: Part, figures: Mapping[str, float], trained_in: Path) -> None:
        self.seed, self.run_dir, self.part, self.figures, self.trained_in = seed, run_dir, part, figures, trained_in

    @cached_property
    def evidence(self) -> Evidence | None:
        """The whole record of the run."""
        return evidence_in(self.run_dir)

    @cached_property
    def training(self) -> Evidence | None:
        """The record of the training, which is another run's where this one only compressed."""
        return self.evidence if self.trained_in == self.run_dir else evidence_in(self.trained_in)

    @property
    def summary(self) -> Mapping[str, Any]:
        """What the run's summary says of the model that the arm judges, and of the training."""
        whole = digest_of(self.run_dir).summary
        return {**whole, **model_of(whole, self.part)}

    def series(self, key: str) -> list[tuple[int, float]]:
        """Steps and values of a series, the finite ones."""
        return self.training.points(key).known if self.training else []

    def found(self, examination: str, value: str) -> float | None:
        """The newest value that an examination found in the model that the arm judges."""
        if self.evidence is None:
            return None
        newest = self.evidence.found(examination, "compressed" if self.part == "final" else "trained")
        newest = newest or self.evidence.found(examination)
        return newest[-1].values.get(value) if newest else None

    @cached_property
    def dangers(self) -> tuple[Raised, ...]:
        """What the run, and the training before it, raised; the gravest first."""
        own = dangers_in(self.run_dir).raised
        if self.trained_in == self.run_dir:
            return own
        known = {one.detector.name for one in own}
        both = [*own, *(one for one in dangers_in(self.trained_in).raised if one.detector.name not in known)]
        return tuple(sorted(both, key=lambda one: -one.rank))


class Measured(msgspec.Struct, frozen=True):
    """What a job measured: trials in their order, and what it suggests."""

    trials: tuple[Trial, ...]
    suggestions: tuple[Suggestion, ...]


class Outcome:
    """What `work` came to by now: `arms` holds runs by arm (one under no key for a run), in the order of seeds."""

    def __init__(self, work: Work, folders: tuple[Path, ...]) -> None:
        self.work, self.folders = work, folders
        self.judgement: Judgement | None = None
        self.arms: dict[str, list[Ran]] = {}
        self.jobs: list[Measured] = []
        if work.kind == "job":
            self.jobs = [_measured(folder) for folder in folders]
        elif folders and is_comparison(folders[0]):
            self._read_comparison(folders[0])
        else:
            self.arms[""] = [ran for folder in folders if (ran := _ran(folder))]

    def _read_comparison(self, folder: Path) -> None:
        now = standing.read(folder)
        self.judgement = now.judgement
        for arm in now.comparison.arms:
            trained_by = now.comparison.trained_by(arm)
            seen = [one for one in now.observations if one.arm == arm.key and one.state in ("done", "diverged")]
            self.arms[arm.key] = [
                Ran(
                    one.seed,
                    now.runs[arm.key, one.seed],
                    arm.part,
                    one.figures,
                    now.runs.get((trained_by, one.seed), now.runs[arm.key, one.seed]),
                )
                for one in sorted(seen, key=lambda one: one.seed)
            ]

    @property
    def runs(self) -> Iterator[tuple[str, Ran]]:
        """Every run with its arm."""
        return ((arm, ran) for arm, all_ in self.arms.items() for ran in all_)


def _ran(folder: Path) -> Ran | None:
    digest = digest_of(folder)
    if state_of(folder, digest) != "done" and digest.reason != "diverged":
        return None
    return Ran(digest.seed, folder, "final", figures_of(digest.summary, "final"), folder)


def _measured(folder: Path) -> Measured:
    documents = read_all(folder)
    trials = tuple(document for document in documents if isinstance(document, Trial))
    return Measured(trials, tuple(document for document in documents if isinstance(document, Suggestion)))
