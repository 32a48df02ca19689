"""What keeping a checkpoint safe costs, as bars and as a table, and what each guard stopped."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gpulab.analysis.figures import share
from gpulab.analysis.guarding import Attack, Cost, Way, brief, costs, got_through, guarded, per_second
from gpulab.analysis.intervals import Interval
from gpulab.events.documents import Suggestion, Trial
from gpulab.viewmodels.figures import NONE, figure
from gpulab.viewmodels.finding_values import Curve, Plot, Table, bars_of

_NAMES: dict[Way, str] = {
    "safetensors": "safetensors",
    "weights_only": "pickle, checked",
    "pickle": "pickle, unchecked",
    "checksum": "+ checksum",
    "encryption": "+ encryption",
    "passphrase": "+ passphrase",
}
_ATTACKS: dict[Attack, tuple[str, tuple[str, str]]] = {
    "code_unsafe": ("code in a pickle, unchecked", ("the code was stopped", "the code ran")),
    "code_safe": ("code in a pickle, weights_only", ("the code was stopped", "the code ran")),
    "altered_plain": ("one bit turned, no guard", ("found out", "not noticed")),
    "altered_checksum": ("one bit turned, checksum", ("found out", "not noticed")),
    "altered_encryption": ("one bit turned, encryption", ("found out", "not noticed")),
}


def guard_plots(trials: Sequence[Trial], suggestions: Sequence[Suggestion]) -> tuple[Plot, ...]:
    """A bar for each way: of the run's training, where that is known, and for reading once.

    The key that a passphrase makes costs the same for any file, and would hide the others: it stands in the table.
    """
    found = [cost for cost in costs(trials) if cost.way != "passphrase"]
    reading = _bars(
        "Reading it once", "milliseconds; what has a + comes on top", found, [_ms(one.read) for one in found]
    )
    known = [(cost, cost.run) for cost in found if cost.run]
    shares = [_times(run, 100.0) for _, run in known]
    unit = "percent of the run's training; what has a + comes on top"
    of_run = _bars("All checkpoints, and reading one", unit, [cost for cost, _ in known], shares)
    return (of_run, reading)


def _bars(title: str, unit: str, found: Sequence[Cost], intervals: Sequence[Interval]) -> Plot:
    bars = tuple(Curve("", (float(at),), (one.value,), "bar", *_ends(one)) for at, one in enumerate(intervals))
    places = tuple(_NAMES[cost.way] for cost in found)
    return Plot(title, unit, "", "plain", bars, log_x=False, from_zero=True, places=places)


def guard_table(trials: Sequence[Trial]) -> Table:
    """Formats, then guards, then what happened to a file that was tampered with."""
    found, of = costs(trials), guarded(trials)
    size = of.bytes if of else 0.0
    rows = [["way", "write", "read", "written", "read", "of the training", "interval", ""]]
    shares = [cost.run.value if cost.run else None for cost in found]
    for cost, bar in zip(found, bars_of(shares, from_zero=True), strict=True):
        rates = ["", ""] if cost.way == "passphrase" else [_rate(size, one) for one in (cost.write, cost.read)]
        rows.append([_NAMES[cost.way], _took(cost.write), _took(cost.read), *rates, *_of_run(cost.run), bar])
    for attack, through in got_through(trials).items():
        name, ends = _ATTACKS[attack]
        rows.append([name, ends[through], "", "", "", "", "", ""])
    return rows


def _of_run(run: Interval | None) -> tuple[str, str]:
    if run is None:
        return NONE, ""
    return share(run.value), f"{share(run.low)} to {share(run.high)}" if math.isfinite(run.low) else NONE


def _took(interval: Interval) -> str:
    return brief(interval.value)


def _rate(size: float, interval: Interval) -> str:
    return f"{figure(per_second(size, interval.value), 'bytes')}/s"


def _ms(interval: Interval) -> Interval:
    return _times(interval, 1000.0)


def _times(interval: Interval, factor: float) -> Interval:
    return Interval(factor * interval.value, factor * interval.low, factor * interval.high)


def _ends(one: Interval) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return ((one.low,), (one.high,)) if math.isfinite(one.low) and one.low < one.high else ((), ())
