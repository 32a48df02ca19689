"""The runs table without its table: which columns there are, what each says of a run, how runs sort and filter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Literal

import msgspec

from gpulab.events.documents import Severity
from gpulab.spec.experiment import Settings, Training
from gpulab.spec.setting import settings_of
from gpulab.techniques import BY_NAME
from gpulab.viewmodels.figures import NONE, figure
from gpulab.viewmodels.record import RunRecord

ColumnKey = Literal[
    "name",
    "techniques",
    "status",
    "dangers",
    "step",
    "val_loss",
    "best",
    "bits_per_byte",
    "tokens_per_s",
    "memory",
    "curve",
]
SortKey = float | str
SEVERITY_MARKS: Mapping[Severity, str] = {"info": "●", "warning": "▲", "danger": "■"}


class Column(msgspec.Struct, frozen=True):
    """One column: `text` is what a cell says, `order` what it sorts by; figures stand at the right."""

    key: ColumnKey
    figure: bool
    text: Callable[[RunRecord], str]
    order: Callable[[RunRecord], SortKey]


def technique_labels(run: RunRecord) -> str:
    """What is not as in the reference, or a dash: the optimizer, the kind of model, the techniques switched on."""
    return _labels(run.optimizer, run.techniques, run.architecture)


@lru_cache(maxsize=4096)  # asked for by every row that is painted, sorted or filtered
def _labels(optimizer: str, techniques: tuple[str, ...], architecture: str) -> str:
    labels = [_chosen(Training, "optimizer", optimizer)] if optimizer not in ("", Training().optimizer) else []
    labels += [_label(name, architecture) for name in techniques]
    return ", ".join(labels) or NONE


def _label(name: str, architecture: str) -> str:
    if name == "architecture" and architecture:
        return _chosen(BY_NAME[name].Settings, "kind", architecture)
    return BY_NAME[name].label if name in BY_NAME else name


def _chosen(settings: type[Settings | Training], name: str, choice: str) -> str:
    """The plain words for a choice; the choice itself where a newer version made it."""
    return next(one.label_of(choice) for one in settings_of(settings) if one.name == name)


def last(run: RunRecord, series: str, summary: str = "") -> float | None:
    """The end's figure called `summary` where the run has one, else the newest reading of `series`."""
    found = run.summary.get(summary or series)
    return float(found) if isinstance(found, int | float) else run.latest.get(series)


def memory(run: RunRecord) -> float | None:
    """The peak: of the whole process on a CPU, of what tensors allocated on a GPU."""
    found = run.summary.get("peak_memory_bytes")
    return float(found) if isinstance(found, int | float) else run.peak_memory_bytes


def matches(run: RunRecord, words: str) -> bool:
    """Whether every word of the filter stands somewhere in the run's name, id, state or techniques."""
    haystack = f"{run.name} {run.run_id} {run.state} {technique_labels(run)}".lower()
    return all(word in haystack for word in words.lower().split())


def _fixed(value: float | None) -> str:
    return NONE if value is None else f"{value:.3f}"


def _number(value: float | None) -> SortKey:
    return float("inf") if value is None else value


def _bits_per_byte(record: RunRecord) -> str:
    """With a star where edits changed the text that is judged."""
    return _fixed(last(record, "val_bits_per_byte")) + ("*" if record.apart else "")


def _dangers(record: RunRecord) -> str:
    """The mark of the gravest and how many there are; nothing where none was seen, or nobody has looked yet."""
    found = record.dangers
    return f"{SEVERITY_MARKS[found[0].danger.severity]} {len(found)}" if found else ""


def _gravity(record: RunRecord) -> SortKey:
    found = record.dangers
    return found[0].rank * 1000.0 + len(found) if found else 0.0


COLUMNS: tuple[Column, ...] = (
    Column("name", False, lambda r: r.name, lambda r: r.name.lower()),
    Column("techniques", False, technique_labels, technique_labels),
    Column("status", False, lambda r: r.state, lambda r: r.state),
    Column("dangers", False, _dangers, _gravity),
    Column("step", True, lambda r: f"{r.step:,}".replace(",", " "), lambda r: float(r.step)),
    Column("val_loss", True, lambda r: _fixed(last(r, "val_loss")), lambda r: _number(last(r, "val_loss"))),
    Column("best", True, lambda r: _fixed(r.best_val_loss), lambda r: _number(r.best_val_loss)),
    Column(
        "bits_per_byte",
        True,
        _bits_per_byte,
        lambda r: _number(last(r, "val_bits_per_byte")),
    ),
    Column(
        "tokens_per_s",
        True,
        lambda r: figure(last(r, "tokens_per_s"), "si"),
        lambda r: last(r, "tokens_per_s") or 0.0,
    ),
    Column("memory", True, lambda r: figure(memory(r), "bytes"), lambda r: memory(r) or 0.0),
    Column("curve", False, lambda r: "", lambda r: _number(r.best_val_loss)),
)
