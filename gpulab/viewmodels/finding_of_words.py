"""How often a model writes words of a list, beside another model and beside the texts that both learned from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from gpulab.analysis.intervals import Interval
from gpulab.analysis.word_rates import PER, Side, pieces_of, rate
from gpulab.events.documents import Suggestion, Trial
from gpulab.viewmodels.figures import NONE
from gpulab.viewmodels.finding_values import Curve, Plot, Table, bars_of, plain

_WRITTEN = {"model": "This model", "beside": "Beside it"}
_READ = {"model": "What it learned from", "beside": "What that one learned from"}
_EXCERPT = 60


def watch_plots(trials: Sequence[Trial], suggestions: Sequence[Suggestion]) -> tuple[Plot, ...]:
    """A bar for each model and for each text that was learned from."""
    found = list(_rates(trials))
    bars = tuple(Curve("", (float(at),), (one.value,), "bar", *_ends(one)) for at, (_, one) in enumerate(found))
    places = tuple(name for name, _ in found)
    unit = "words of the list in 1,000 words"
    return (Plot("How often they come up", unit, "", "plain", bars, log_x=False, from_zero=True, places=places),)


def watch_table(trials: Sequence[Trial]) -> Table:
    """Rates with their intervals, then each text with what it begins with."""
    found = list(_rates(trials))
    rows = [["text", "per 1,000 words", "interval", "hits", "words", ""]]
    for (name, one), bar in zip(found, bars_of([one.value for _, one in found], from_zero=True), strict=True):
        rows.append([name, plain(one.value), _bounds(one), "", "", bar])
    for trial in trials:
        if trial.names["what"] == "text":
            hits, words = (trial.values[name] or 0.0 for name in ("hits", "words"))
            begin = " ".join(trial.names["text"].split())[:_EXCERPT]
            each = plain(PER * hits / words) if words else NONE
            rows.append([begin, each, "", f"{hits:.0f}", f"{words:.0f}", ""])
    return rows


def _rates(trials: Sequence[Trial]) -> Iterator[tuple[str, Interval]]:
    sides: tuple[Side, ...] = ("model", "beside")
    for side in sides:
        pieces = pieces_of(trials, side)
        if sum(pieces.of):
            yield _WRITTEN[side], rate(pieces)
        for trial in trials:
            if trial.names["what"] == "training" and trial.names["side"] == side and trial.values["words"]:
                there = PER * (trial.values["hits"] or 0.0) / trial.values["words"]
                yield _READ[side], Interval(there, there, there)


def _ends(one: Interval) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return ((one.low,), (one.high,)) if math.isfinite(one.low) and one.low < one.high else ((), ())


def _bounds(one: Interval) -> str:
    if one.low == one.high:
        return ""
    return f"{plain(max(0.0, one.low))} to {plain(one.high)}" if math.isfinite(one.low) else NONE
