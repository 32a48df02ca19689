"""What a scan and a test on a new text have measured: looks at finished runs."""

from __future__ import annotations

from collections.abc import Sequence

from gpulab.analysis.figures import between, relative
from gpulab.events.documents import Suggestion, Trial
from gpulab.viewmodels.figures import NONE
from gpulab.viewmodels.finding_values import Curve, Heat, Plot, Table, bars_of, plain, signed

# --- scan ------------------------------------------------------------------------------------------------------------


HARMS = {"share": ("Pruning", "{:.0%} zero"), "bits": ("Fewer bits", "{:.0f} bits")}
PARTS = {"attention": "attention", "mlp": "MLP"}


def scan_plots(trials: Sequence[Trial], suggestions: Sequence[Suggestion]) -> tuple[Heat, ...]:
    ways = list(dict.fromkeys(trial.names["way"] for trial in trials)) or ["share"]
    return tuple(_heat(way, [trial for trial in trials if trial.names["way"] == way]) for way in ways)


def _heat(way: str, trials: Sequence[Trial]) -> Heat:
    """Parts in the order of the model, amounts in the order in which they were tried."""
    title, amount = HARMS[way]
    found = {(_part(trial), amount.format(trial.values["amount"])): trial.values["change"] for trial in trials}
    rows = tuple(dict.fromkeys(row for row, _ in found))
    columns = tuple(dict.fromkeys(column for _, column in found))
    values = tuple(tuple(found.get((row, column)) for column in columns) for row in rows)
    return Heat(title, "more bits per byte, with one part at a time made worse", rows, columns, values)


def _part(trial: Trial) -> str:
    """Blocks are counted from 1 where a person reads."""
    return f"Block {(trial.values['block'] or 0) + 1:.0f}, {PARTS[trial.names['part']]}"


def scan_table(trials: Sequence[Trial]) -> Table:
    bars = bars_of([trial.values["change"] for trial in trials])
    rows = [["part", "harm", "bits/byte", "change", ""]]
    for trial, bar in zip(trials, bars, strict=True):
        amount = HARMS[trial.names["way"]][1].format(trial.values["amount"])
        rows.append([_part(trial), amount, plain(trial.values["bits_per_byte"]), signed(trial.values["change"]), bar])
    return rows


# --- age -------------------------------------------------------------------------------------------------------------


TEXTS = {"own": "Own test text", "recorded": "Own test text, as recorded", "new": "New text"}


def age_plots(trials: Sequence[Trial], suggestions: Sequence[Suggestion]) -> tuple[Plot, ...]:
    known = [trial for trial in trials if trial.values["bits_per_byte"] is not None]
    bars = tuple(
        Curve("", (float(at),), (trial.values["bits_per_byte"] or 0.0,), "bar", *_ends(trials, trial))
        for at, trial in enumerate(known)
    )
    places = tuple(TEXTS[trial.names["text"]] for trial in known)
    unit = "bits per byte, lower is better"
    return (Plot("How hard each text is", unit, "", "plain", bars, log_x=False, from_zero=True, places=places),)


def _ends(trials: Sequence[Trial], trial: Trial) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """How far the new text's bar may lie from the own text's, where both are known."""
    own, low, high = (trials[0].values["bits_per_byte"], trial.values.get("gap_low"), trial.values.get("gap_high"))
    return ((), ()) if own is None or low is None or high is None else ((own * (1 + low),), (own * (1 + high),))


def age_table(trials: Sequence[Trial]) -> Table:
    bars = bars_of([trial.values["bits_per_byte"] for trial in trials], from_zero=True)
    rows = [["text", "bits/byte", "tokens guessed right", "gap", "interval of the gap", ""]]
    for trial, bar in zip(trials, bars, strict=True):
        accuracy = trial.values["accuracy"]
        right = NONE if accuracy is None else f"{accuracy:.1%}".replace("%", " %")
        rows.append([TEXTS[trial.names["text"]], plain(trial.values["bits_per_byte"]), right, *_gap(trial), bar])
    return rows


def _gap(trial: Trial) -> tuple[str, str]:
    value, low, high = (trial.values.get(name) for name in ("gap", "gap_low", "gap_high"))
    if value is None:
        return "", ""
    return relative(value), NONE if low is None or high is None else between(value, low, high)
