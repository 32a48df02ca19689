"""What "How far can I go?" has measured: quality, size and speed of one model, compressed more and more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gpulab.analysis.dose_trials import sweep_of
from gpulab.events.documents import Suggestion, Trial
from gpulab.viewmodels.figures import NONE, figure
from gpulab.viewmodels.finding_values import Curve, Mark, Plot, Table, bars_of, plain

WHOLE = "whole"


def doses_plots(trials: Sequence[Trial], suggestions: Sequence[Suggestion]) -> tuple[Plot, ...]:
    """Quality and bytes at each dose in the order of the doses, one place each: they are no even scale."""
    places = tuple(_short(trial) for trial in trials)
    marks = tuple(_marks(trials)) if suggestions else ()
    quality, size = _curve(trials, "bits_per_byte"), _curve(trials, "model_bytes")
    return (
        Plot("Quality", "bits per byte, lower is better", "dose", "plain", (quality,), marks, False, places=places),
        Plot("On disk", "the model's file", "dose", "bytes", (size,), marks, False, True, places),
    )


def _marks(trials: Sequence[Trial]) -> Iterator[Mark]:
    """Where it is safe for the last time before it is not, and behind the cliff."""
    sweep = sweep_of((trial.values["dose"], trial.values["change"]) for trial in trials)
    if sweep is None:
        return
    for side in sweep.sides:
        if side.unsafe is not None and not sweep.nothing_safe:
            yield Mark(_at(trials, side.safe.dose), 0, "last safe", "good")
        if side.cliff is not None and not side.cliff.unsure:
            yield Mark(_at(trials, side.cliff.after.dose), 1, "cliff", "danger")


def _at(trials: Sequence[Trial], dose: float) -> float:
    return float(next(place for place, trial in enumerate(trials) if trial.values["dose"] == dose))


def doses_table(trials: Sequence[Trial]) -> Table:
    bars = bars_of([trial.values["bits_per_byte"] for trial in trials])
    rows = [["dose", "bits/byte", "change", "on disk", "reads", ""]]
    for trial, bar in zip(trials, bars, strict=True):
        values = trial.values
        change = NONE if (more := values["change"]) is None else f"{round(100 * more, 1) + 0.0:+.1f} %"
        speed = NONE if (times := values["speed"]) is None else f"{times:.2f}x as fast"
        size = figure(values["model_bytes"], "bytes")
        rows.append([_place(trial), plain(values["bits_per_byte"]), change, size, speed, bar])
    return rows


def _place(trial: Trial) -> str:
    return trial.names["label"] or WHOLE


def _short(trial: Trial) -> str:
    """As much as has room below an axis: of a scheme, its bits."""
    bits = trial.values["dose"]
    return f"{bits:.0f} bits" if bits and trial.names["label"] != trial.names["dose"] else _place(trial)


def _curve(trials: Sequence[Trial], key: str) -> Curve:
    found = [(float(place), trial.values[key]) for place, trial in enumerate(trials)]
    known = [(place, value) for place, value in found if value is not None]
    return Curve("", tuple(place for place, _ in known), tuple(value for _, value in known))
