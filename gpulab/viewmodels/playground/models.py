"""Which models can be asked to write: those that finished runs left, trained and compressed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from gpulab.spec.comparison import Part
from gpulab.techniques.origin import MODEL
from gpulab.viewmodels.record import RunRecord

COMPRESSED = "compressed.safetensors"


class Model(msgspec.Struct, frozen=True):
    """One model of a run. `compressed` says that the run made a smaller one of what it trained, and this is that."""

    run_dir: Path
    name: str
    part: Part
    compressed: bool
    color_index: int


def models(records: Iterable[RunRecord]) -> list[Model]:
    """Every model that stands on disk, the newest run's first; of a run that compressed, the compressed one first."""
    found = []
    for record in sorted(records, key=lambda one: one.run_id, reverse=True):
        if record.live or record.replayed or not (record.folder / MODEL).is_file():
            continue
        if (record.folder / COMPRESSED).is_file():
            found.append(Model(record.folder, record.name, "final", True, record.color_index))
        found.append(Model(record.folder, record.name, "trained", False, record.color_index))
    return found


def first_pair(known: list[Model]) -> tuple[Model | None, Model | None]:
    """What is worth seeing first: a trained model beside its compressed self, else the two newest runs."""
    smaller = next((model for model in known if model.compressed), None)
    if smaller is not None:
        whole = next(model for model in known if model.run_dir == smaller.run_dir and not model.compressed)
        return whole, smaller
    return (known[0] if known else None), (known[1] if len(known) > 1 else None)
