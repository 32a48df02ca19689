"""What "How far can I go?" has measured: quality, size and speed of one model, compressed more and more."""

from __future__ import annotations

from collections.abc import Sequence

from gpulab.events.documents import Suggestion, Trial
from gpulab.viewmodels.figures import NONE, figure
from gpulab.viewmodels.finding_values import Curve, Mark, Plot, Table, bars_of, plain

WHOLE = "whole"
_MARKED = ("doses_safe", "doses_cliff")


def doses_plots(trials: Sequence[Trial], suggestions: Sequence[Suggestion]) -> tuple[Plot, ...]:
    """Quality and bytes at each dose in the order of the doses, one place each: they are no even scale."""
    places = tuple(_place(trial) for trial in trials)
    marks = tuple(
        Mark(float(place), number)
        for number, suggestion in enumerate(suggestions)
        for place, trial in enumerate(trials)
        if suggestion.key in _MARKED and trial.names["dose"] == suggestion.arguments["dose"]
    )
    quality, size = _curve(trials, "bits_per_byte"), _curve(trials, "model_bytes")
    return (
        Plot("Quality", "bits per byte, lower is better", "dose", "plain", (quality,), marks, False, places=places),
        Plot("On disk", "the model's file", "dose", "bytes", (size,), marks, False, True, places),
    )


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


def _curve(trials: Sequence[Trial], key: str) -> Curve:
    found = [(float(place), trial.values[key]) for place, trial in enumerate(trials)]
    known = [(place, value) for place, value in found if value is not None]
    return Curve("", tuple(place for place, _ in known), tuple(value for _, value in known))
