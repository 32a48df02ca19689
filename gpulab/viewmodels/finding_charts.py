"""What each kind of job has measured, as charts and as a table: the same for window and terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gpulab.events.documents import Suggestion, Trial
from gpulab.spec.jobs import Kind
from gpulab.viewmodels.figures import NONE, duration, figure
from gpulab.viewmodels.finding_of_bias import bias_plots, bias_table
from gpulab.viewmodels.finding_of_doses import doses_plots, doses_table
from gpulab.viewmodels.finding_of_guards import guard_plots, guard_table
from gpulab.viewmodels.finding_of_runs import age_plots, age_table, scan_plots, scan_table
from gpulab.viewmodels.finding_of_tuning import tuning_plots, tuning_table
from gpulab.viewmodels.finding_of_words import watch_plots, watch_table
from gpulab.viewmodels.finding_values import Chart, Curve, Plot, Table, bars_of, marks_of, pairs_of, plain

# --- learning rate ---------------------------------------------------------------------------------------------------


def _rate_plots(trials: Sequence[Trial], suggestions: Sequence[Suggestion]) -> tuple[Plot, ...]:
    curves = (
        Curve("Each step", *pairs_of(trials, "learning_rate", "loss"), "faint"),
        Curve("Smoothed", *pairs_of(trials, "learning_rate", "smoothed_loss")),
    )
    marks = marks_of(suggestions, "training.learning_rate")
    return (Plot("Training loss", "nats per token", "learning rate", "plain", curves, marks),)


def _rate_table(trials: Sequence[Trial]) -> Table:
    some = trials[:: max(1, len(trials) // 20)]
    bars = bars_of([trial.values["smoothed_loss"] for trial in some])
    rows = [["rate", "loss", "smoothed", ""]]
    for trial, bar in zip(some, bars, strict=True):
        values = trial.values
        losses = [plain(values[key]) for key in ("loss", "smoothed_loss")]
        rows.append([f"{values['learning_rate']:.2g}", *losses, bar])
    return rows


# --- batch -----------------------------------------------------------------------------------------------------------


def _batch_plots(trials: Sequence[Trial], suggestions: Sequence[Suggestion]) -> tuple[Plot, ...]:
    ordered = sorted(trials, key=lambda trial: trial.values["batch_size"] or 0.0)
    marks = marks_of(suggestions, "training.batch_size")
    speed = Curve("", *pairs_of(ordered, "batch_size", "tokens_per_s"))
    memory = Curve("", *pairs_of(ordered, "batch_size", "peak_bytes"))
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
    bars = bars_of([trial.values.get("tokens_per_s") for trial in ordered], from_zero=True)
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
        Curve(f"Batch {batch}", *pairs_of(_of_batch(trials, batch), "learning_rate", "val_loss"), "dots")
        for batch in batches
    )
    marks = marks_of(suggestions, "training.learning_rate")
    return (Plot("Validation loss", "nats per token", "learning rate", "plain", curves, marks),)


def _of_batch(trials: Sequence[Trial], batch: int) -> list[Trial]:
    return [trial for trial in trials if trial.values["batch_size"] == batch]


STAGES = {"own": "as set now", "search": "search", "repeat": "another seed", "out_of_memory": "no memory"}


def _search_table(trials: Sequence[Trial]) -> Table:
    ordered = sorted(trials, key=_loss)
    bars = bars_of([trial.values["val_loss"] for trial in ordered])
    rows = [["val loss", "rate", "batch", "steps", "seed", "time", "", ""]]
    for trial, bar in zip(ordered, bars, strict=True):
        values = trial.values
        counts = [f"{values[key]:.0f}" for key in ("batch_size", "steps", "seed")]
        stage, took = STAGES[trial.names["stage"]], duration(values.get("run_s") or 0.0)
        rows.append([plain(values["val_loss"]), f"{values['learning_rate']:.3g}", *counts, took, stage, bar])
    return rows


def _loss(trial: Trial) -> float:
    loss = trial.values["val_loss"]
    return float("inf") if loss is None else loss


Plots = Callable[[Sequence[Trial], Sequence[Suggestion]], Sequence[Chart]]

PLOTS: Mapping[Kind, Plots] = {
    "find_lr": _rate_plots,
    "find_batch": _batch_plots,
    "search": _search_plots,
    "tune": tuning_plots,
    "scan": scan_plots,
    "age": age_plots,
    "bias": bias_plots,
    "watch": watch_plots,
    "guard": guard_plots,
    "doses": doses_plots,
}
TABLES: Mapping[Kind, Callable[[Sequence[Trial]], Table]] = {
    "find_lr": _rate_table,
    "find_batch": _batch_table,
    "search": _search_table,
    "tune": tuning_table,
    "scan": scan_table,
    "age": age_table,
    "bias": bias_table,
    "watch": watch_table,
    "guard": guard_table,
    "doses": doses_table,
}
