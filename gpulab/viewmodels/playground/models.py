"""Which models can be asked to write: those that finished runs left, and those that a comparison set side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path

import msgspec

from gpulab.comparisons import listing
from gpulab.comparisons.folder import read_comparison, runs_of
from gpulab.runs.models import COMPRESSED
from gpulab.runs.state import ACTIVE, state_of
from gpulab.spec.comparison import Part
from gpulab.spec.problem import BadInput
from gpulab.techniques.origin import MODEL
from gpulab.viewmodels.record import RunRecord

_MOST_COMPARISONS = 30  # the newest ones; nobody looks for a model in a longer list

Pair = tuple["Model | None", "Model | None"]


class Model(msgspec.Struct, frozen=True):
    """One model of a run. `compressed` says that the run made a smaller one of what it trained, and this is that.

    `group` is the folder of the run, or of the comparison that it was made for; `comparison` is then what that is
    called, and `name` the side of it.
    """

    run_dir: Path
    name: str
    part: Part
    compressed: bool
    color_index: int
    group: Path
    comparison: str = ""


def models(records: Iterable[RunRecord], comparisons: Path) -> list[Model]:
    """Every model that stands on disk, the newest run's or comparison's first.

    `comparisons` is where comparisons lie. Of a run that compressed comes the trained model first, of a comparison the
    baseline: what the next one is to be measured against.
    """
    runs = [_of_run(record) for record in records if not record.live and not record.replayed]
    listed = [one.folder for one in listing.comparisons(comparisons) if one.problem is None]
    groups = [*runs, *(list(_of_comparison(folder)) for folder in listed[:_MOST_COMPARISONS])]
    groups.sort(key=lambda group: group[0].group.name if group else "", reverse=True)
    return [model for group in groups for model in group]


def first_pair(known: Sequence[Model]) -> Pair:
    """What is worth seeing first: two models that belong together, else the two newest."""
    for _, group in groupby(known, lambda model: model.group):
        first, *others = group
        if others:
            return first, others[0]
    return (known[0] if known else None), (known[1] if len(known) > 1 else None)


def _of_run(record: RunRecord) -> list[Model]:
    folder, found = record.folder, []
    if (folder / MODEL).is_file():
        found.append(Model(folder, record.name, "trained", False, record.color_index, folder))
        if (folder / COMPRESSED).is_file():
            found.append(Model(folder, record.name, "final", True, record.color_index, folder))
    return found


def _of_comparison(folder: Path) -> Iterator[Model]:
    """A model for each side: of its first seed whose run is done."""
    with suppress(BadInput):
        comparison = read_comparison(folder)
        if comparison.question == "runs":  # they are listed as runs
            return
        runs = runs_of(folder)
        for place, arm in enumerate(comparison.arms):
            own = (run for (key, _), run in runs.items() if key == (arm.runs_of or arm.key))
            run_dir = next((run for run in own if (run / MODEL).is_file() and state_of(run) not in ACTIVE), None)
            if run_dir is not None:
                small = arm.part == "final" and (run_dir / COMPRESSED).is_file()
                yield Model(run_dir, arm.name, arm.part, small, place, folder, comparison.name)
