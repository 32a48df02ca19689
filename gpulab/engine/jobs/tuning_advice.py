"""What a tuning suggests: everything that is kept as one change, and what one should know besides; pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gpulab.analysis.speedups import FLOOR
from gpulab.engine.jobs.tuned import (
    as_many_tokens,
    changes_of,
    checked_steps,
    gains,
    kept,
    last_check,
    of_stage,
    races_won,
)
from gpulab.events.documents import Suggestion, Trial
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Tune
from gpulab.spec.problem import Argument
from gpulab.techniques.levers import applied, words_of

_STEPS = "training.steps"


def suggest(trials: Sequence[Trial], experiment: Experiment, settings: Tune) -> list[Suggestion]:
    """All that is kept as one change, then what one should know besides."""
    if not of_stage(trials, "own"):
        return []
    if settings.goal == "time_to_quality":
        return [*_sooner(trials, experiment, settings), *_remarks(trials, experiment)]
    return [_taking(trials, settings), *_remarks(trials, experiment)]


def _taking(trials: Sequence[Trial], settings: Tune) -> Suggestion:
    levers = kept(trials)
    if not levers:
        return Suggestion(key="tune_nothing")
    changes = changes_of(levers)
    arguments: dict[str, Argument] = {"levers": ", ".join(_named(trial) for trial in levers)}
    key = "tune_faster"
    if together := of_stage(trials, "together"):
        arguments |= _rounded(together[-1])
    else:
        arguments["ratio"] = round(math.prod(trial.values["ratio"] or 1.0 for trial in gains(trials)), 2)
        key = "tune_faster_in_parts"
    check = last_check(trials)
    if check is None or check.names["outcome"] != "equal":
        return Suggestion(key="tune_unchecked", arguments=arguments, changes=changes)
    arguments |= {
        "seeds": int(check.values["seeds"] or 0),
        "steps": int(check.values["steps"] or 0),
        "worse": round(100 * (check.values["high"] or 0.0), 2),
        "region": settings.equal_quality,
    }
    return Suggestion(key=key, arguments=arguments, changes=changes)


def _remarks(trials: Sequence[Trial], experiment: Experiment) -> list[Suggestion]:
    found = []
    for trial in of_stage(trials, "lever"):
        if trial.names["outcome"] == "too_short":
            needed = {"steps": int(trial.values["pays_after"] or 0), "planned": experiment.training.steps}
            ratio = round(trial.values["ratio"] or 0.0, 2)
            found.append(Suggestion(key="tune_too_short", arguments={"lever": _named(trial), "ratio": ratio, **needed}))
    return found


def _rounded(trial: Trial) -> dict[str, Argument]:
    return {key: round(trial.values[key] or 0.0, 2) for key in ("ratio", "low", "high")}


def _named(trial: Trial) -> str:
    return words_of(trial.names["lever"], trial.names["choice"])


def _sooner(trials: Sequence[Trial], experiment: Experiment, settings: Tune) -> list[Suggestion]:
    """With the fewest steps that did it for every seed, where whole trainings were raced; else as long as before."""
    settled = [*kept(trials), *races_won(trials)]
    if not settled:
        return [Suggestion(key="tune_not_sooner")]
    changes = changes_of(settled)
    arguments: dict[str, Argument] = {"levers": ", ".join(_named(trial) for trial in settled)}
    found = of_stage(trials, "together")
    seeds = of_stage(trials, "seed_race")
    if not found:
        if any(trial.names["outcome"] == "not_reached" for trial in seeds):
            return [Suggestion(key="tune_sooner_by_luck", arguments=arguments)]
        return [Suggestion(key="tune_sooner_so_far", arguments=arguments, changes=changes)]
    whole = found[-1]
    arguments |= {**_rounded(whole), "seeds": int(whole.values["seeds"] or 0)}
    arguments["percent"] = round(100 / (whole.values["ratio"] or 1.0))
    if (whole.values["low"] or 0.0) <= FLOOR:
        return [Suggestion(key="tune_sooner_unsure", arguments=arguments)]
    length = checked_steps(experiment, settings)
    needed = math.ceil(whole.values["steps"] or 0.0)
    as_long = as_many_tokens(experiment.training.steps, experiment, applied(experiment, changes))
    if length < experiment.training.steps:
        arguments |= {"length": length, "steps": experiment.training.steps}
        return [Suggestion(key="tune_sooner_in_part", arguments=arguments, changes={**changes, _STEPS: as_long})]
    arguments |= {"needed": needed, "steps": as_long}
    return [
        Suggestion(key="tune_sooner", arguments=arguments, changes={**changes, _STEPS: needed}),
        Suggestion(key="tune_better", arguments=arguments, changes={**changes, _STEPS: as_long}),
    ]
