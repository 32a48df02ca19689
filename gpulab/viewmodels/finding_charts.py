"""What each kind of job has measured, as charts and as a table: plain values, the same for window and terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec

from gpulab.events.documents import Suggestion, Trial
from gpulab.spec.jobs import Kind
from gpulab.viewmodels.figures import NONE, Format, figure

Style = Literal["line", "faint", "dots"]
Table = list[list[str]]

_BAR = 28  # letters of the longest bar of a table, but one


class Curve(msgspec.Struct, frozen=True):
    """Points in the order in which they were measured; `label` is empty where there is nothing to tell apart."""

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    style: Style = "line"


class Mark(msgspec.Struct, frozen=True):
    """A place on the horizontal axis that a suggestion points at; `number` counts suggestions from 0."""

    x: float
    number: int


class Plot(msgspec.Struct, frozen=True):
    """One chart of a job. `log_x`: the horizontal axis counts powers."""

    title: str
    unit: str
    x_name: str
    format: Format
    curves: tuple[Curve, ...]
    marks: tuple[Mark, ...] = ()
    log_x: bool = True
    from_zero: bool = False


Plots = Callable[[Sequence[Trial], Sequence[Suggestion]], tuple[Plot, ...]]


def _pairs(trials: Sequence[Trial], x: str, y: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The trials that have both readings, as columns."""
    rows = [(trial.values.get(x), trial.values.get(y)) for trial in trials]
    known = [(a, b) for a, b in rows if a is not None and b is not None]
    return tuple(a for a, _ in known), tuple(b for _, b in known)


def _marks(suggestions: Sequence[Suggestion], path: str) -> tuple[Mark, ...]:
    found = enumerate(suggestion.changes.get(path) for suggestion in suggestions)
    return tuple(Mark(float(value), number) for number, value in found if isinstance(value, int | float))


# --- learning rate ---------------------------------------------------------------------------------------------------


def _rate_plots(trials: Sequence[Trial], suggestions: Sequence[Suggestion]) -> tuple[Plot, ...]:
    curves = (
        Curve("Each step", *_pairs(trials, "learning_rate", "loss"), "faint"),
        Curve("Smoothed", *_pairs(trials, "learning_rate", "smoothed_loss")),
    )
    marks = _marks(suggestions, "training.learning_rate")
    return (Plot("Training loss", "nats per token", "learning rate", "plain", curves, marks),)


def _rate_table(trials: Sequence[Trial]) -> Table:
    some = trials[:: max(1, len(trials) // 20)]
    bars = _bars([trial.values["smoothed_loss"] for trial in some])
    rows = [["rate", "loss", "smoothed", ""]]
    for trial, bar in zip(some, bars, strict=True):
        values = trial.values
        losses = [_plain(values[key]) for key in ("loss", "smoothed_loss")]
        rows.append([f"{values['learning_rate']:.2g}", *losses, bar])
    return rows


# --- batch -----------------------------------------------------------------------------------------------------------


def _batch_plots(trials: Sequence[Trial], suggestions: Sequence[Suggestion]) -> tuple[Plot, ...]:
    ordered = sorted(trials, key=lambda trial: trial.values["batch_size"] or 0.0)
    marks = _marks(suggestions, "training.batch_size")
    speed = Curve("", *_pairs(ordered, "batch_size", "tokens_per_s"))
    memory = Curve("", *_pairs(ordered, "batch_size", "peak_bytes"))
    return (
        Plot("Throughput", "tokens per second, for each batch", "batch", "si", (speed,), marks, from_zero=True),
        Plot("Memory at the peak", "for each batch", "batch", "bytes", (memory,), marks, from_zero=True),
    )


OUTCOMES = {
    "fits": "fits",
    "too_big": "does not fit",
    "too_big_by_estimate": "far too big, not tried",
    "too_slow": "too slow",
}


def _batch_table(trials: Sequence[Trial]) -> Table:
    ordered = sorted(trials, key=lambda trial: trial.values["batch_size"] or 0.0)
    bars = _bars([trial.values.get("tokens_per_s") for trial in ordered], from_zero=True)
    rows = [["batch", "outcome", "tokens/s", "peak memory", "step", ""]]
    for trial, bar in zip(ordered, bars, strict=True):
        values, outcome = trial.values, OUTCOMES[trial.names["outcome"]]
        step_s = values.get("step_s")
        figures = [figure(values.get("tokens_per_s"), "si"), figure(values.get("peak_bytes"), "bytes")]
        step = f"{step_s * 1000:.1f} ms" if step_s else NONE
        rows.append([f"{values['batch_size']:.0f}", outcome, *figures, step, bar])
    return rows


# --- search ----------------------------------------------------------------------------------------------------------


def _search_plots(trials: Sequence[Trial], suggestions: Sequence[Suggestion]) -> tuple[Plot, ...]:
    batches = sorted({int(trial.values["batch_size"] or 0) for trial in trials})
    curves = tuple(
        Curve(f"Batch {batch}", *_pairs(_of_batch(trials, batch), "learning_rate", "val_loss"), "dots")
        for batch in batches
    )
    marks = _marks(suggestions, "training.learning_rate")
    return (Plot("Validation loss", "nats per token", "learning rate", "plain", curves, marks),)


def _of_batch(trials: Sequence[Trial], batch: int) -> list[Trial]:
    return [trial for trial in trials if trial.values["batch_size"] == batch]


STAGES = {"own": "as set now", "search": "search", "repeat": "another seed", "out_of_memory": "no memory"}


def _search_table(trials: Sequence[Trial]) -> Table:
    ordered = sorted(trials, key=_loss)
    bars = _bars([trial.values["val_loss"] for trial in ordered])
    rows = [["val loss", "rate", "batch", "steps", "seed", "", ""]]
    for trial, bar in zip(ordered, bars, strict=True):
        values = trial.values
        counts = [f"{values[key]:.0f}" for key in ("batch_size", "steps", "seed")]
        stage = STAGES[trial.names["stage"]]
        rows.append([_plain(values["val_loss"]), f"{values['learning_rate']:.3g}", *counts, stage, bar])
    return rows


def _loss(trial: Trial) -> float:
    loss = trial.values["val_loss"]
    return float("inf") if loss is None else loss


def _bars(values: Sequence[float | None], from_zero: bool = False) -> list[str]:
    """A bar for each value, so that a terminal shows the shape of a curve too."""
    known = [value for value in values if value is not None]
    low = 0.0 if from_zero else min(known, default=0.0)
    span = max(known, default=0.0) - low or 1.0
    return ["█" * (1 + round((value - low) / span * _BAR)) if value is not None else "" for value in values]


def _plain(value: float | None) -> str:
    return figure(value, "plain")


PLOTS: Mapping[Kind, Plots] = {"find_lr": _rate_plots, "find_batch": _batch_plots, "search": _search_plots}
TABLES: Mapping[Kind, Callable[[Sequence[Trial]], Table]] = {
    "find_lr": _rate_table,
    "find_batch": _batch_table,
    "search": _search_table,
}
