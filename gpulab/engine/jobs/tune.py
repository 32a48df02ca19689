"""Makes an experiment fast on this machine: one lever after the other, kept where it proves faster beside the rest.

For the goal "speed" the experiment as it was and as it became then train on equally much text with several seeds, and
levers that cost quality are dropped again. For "time to quality" optimizers, rates and batches race to the validation
loss of the experiment as it was. The last measurement sets everything that is kept beside the experiment as it was.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from gpulab.engine.jobs.harm import drop_what_harms
from gpulab.engine.jobs.pulling import pull_levers, with_kept
from gpulab.engine.jobs.tuned import changes_of, gains, kept, last_check, of_stage
from gpulab.engine.jobs.windows import Side, in_turns, sizes_as_they_come
from gpulab.engine.jobs.workplace import Workplace
from gpulab.events.documents import Suggestion, Trial
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Tune
from gpulab.spec.problem import Argument
from gpulab.techniques.levers import words_of


def planned(settings: Tune) -> int:
    """Nobody knows before: it depends on what this machine allows."""
    return 0


def measure(place: Workplace, settings: Tune) -> None:
    """Notes what each candidate brought or why it was not tried, how the quality stands, and all together."""
    with sizes_as_they_come():
        pull_levers(place, settings)
        drop_what_harms(place, settings)
        if kept(place.trials):
            _together(place, settings)


def _together(place: Workplace, settings: Tune) -> None:
    """Everything that is kept beside the experiment as it was, measured anew."""
    old, new = Side(place, place.experiment), Side(place, with_kept(place))
    old.warm_up()
    new.warm_up()
    ratio, before_s, after_s = in_turns(old, new, settings)
    figures = {"ratio": ratio.value, "low": ratio.low, "high": ratio.high, "step_s": after_s, "step_before_s": before_s}
    place.note({**figures, "setup_s": new.setup_s}, {"stage": "together"})


def suggest(trials: Sequence[Trial], experiment: Experiment, settings: Tune) -> list[Suggestion]:
    """All that is kept as one change, then what one should know besides."""
    if not of_stage(trials, "own"):
        return []
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
