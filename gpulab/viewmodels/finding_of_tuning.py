"""What "Make it fast" has measured: what each setting brought on top of those before it, as a waterfall and a table."""

from __future__ import annotations

from collections.abc import Sequence

from gpulab.events.documents import Suggestion, Trial
from gpulab.spec.problem import Argument, Problem
from gpulab.techniques.levers import words_of
from gpulab.viewmodels.figures import NONE
from gpulab.viewmodels.finding_values import Fall, Table, Waterfall, bars_of

OUTCOMES = {
    "kept": "kept",
    "harmful": "costs quality",
    "unproven": "may cost quality",
    "not_sooner": "not sooner",
    "no_gain": "not faster",
    "slower": "slower",
    "unsure": "too close to tell",
    "too_short": "pays back too late",
    "refused": "cannot be used here",
    "caution": "cannot pay here",
    "failed": "does not run here",
    "together": "measured at once",
}
DROPPED = {"harmful": "harmful", "too_short": "too_short"}
"""What a setting that was dropped again is called, by what the check said; else it is unproven."""

_REASON = "reason"


def tuning_plots(trials: Sequence[Trial], suggestions: Sequence[Suggestion]) -> tuple[Waterfall, ...]:
    return (Waterfall("What each brought", "times as fast as before it", tuple(falls(trials))),)


def falls(trials: Sequence[Trial]) -> list[Fall]:
    """Each candidate in the order in which it was tried; `start` is where those that are kept before it had come."""
    checks = [trial.names for trial in trials if trial.names["stage"] == "check"]
    dropped = {names["dropped"]: DROPPED.get(names["outcome"], "unproven") for names in checks}
    found, start = list[Fall](), 1.0
    for trial in trials:
        names, values = trial.names, trial.values
        if names["stage"] == "together":
            found.append(Fall("All together", 1.0, values["ratio"], values["low"], values["high"], "together"))
        if names["stage"] not in ("lever", "race") or not names["lever"]:
            continue
        outcome = dropped.get(f"{names['lever']}={names['choice']}", names["outcome"])
        bounds = (values.get("ratio"), values.get("low"), values.get("high"))
        label = words_of(names["lever"], names["choice"])
        found.append(Fall(label, start, *bounds, outcome, _reason(trial), values.get("pays_after")))
        if outcome == "kept":
            start *= bounds[0] or 1.0
    return found


def outcome_of(fall: Fall) -> str:
    """What became of it, in words; what a newer version calls something is shown as it is."""
    return OUTCOMES.get(fall.outcome, fall.outcome)


def tuning_table(trials: Sequence[Trial]) -> Table:
    every = falls(trials)
    bars = bars_of([fall.ratio for fall in every], from_zero=True)
    rows = [["setting", "outcome", "times as fast", "95 %", "pays back after", ""]]
    for fall, bar in zip(every, bars, strict=True):
        ratio = NONE if fall.ratio is None else f"{fall.ratio:.2f}x"
        bounds = NONE if fall.low is None or fall.high is None else f"{fall.low:.2f} to {fall.high:.2f}"
        steps = NONE if fall.pays_after is None else f"{fall.pays_after:.0f} steps"
        rows.append([fall.label, outcome_of(fall), ratio, bounds, steps, bar])
    return rows


def _reason(trial: Trial) -> Problem | None:
    """Why a candidate was not tried, or what became of it; its arguments are named after it."""
    key = trial.names.get(_REASON)
    if key is None:
        return None
    start = f"{_REASON}."
    arguments: dict[str, Argument] = {
        name.removeprefix(start): value for name, value in trial.names.items() if name.startswith(start)
    }
    return Problem(key, arguments=arguments)
