"""What the trials of a tuning prove so far, at any moment: the measuring and the suggesting both ask here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from gpulab.events.documents import Trial
from gpulab.spec.comparison import Rules
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Tune
from gpulab.spec.problem import Problem
from gpulab.spec.setting import Value
from gpulab.techniques.levers import Candidate

_MOST_STEPS = {"speed": 300, "time_to_quality": 1000}


def checked_steps(experiment: Experiment, settings: Tune) -> int:
    """Over how many of the experiment's steps quality is looked at."""
    own = max(1, experiment.training.steps)
    return min(own, settings.check_steps or _MOST_STEPS[settings.goal])


def least_seeds(settings: Tune) -> int:
    """Seeds before the first word on anything."""
    return min(Rules().least_seeds, settings.seeds)


def as_many_tokens(steps: int, own: Experiment, other: Experiment) -> int:
    """Steps of `other` in which it reads as much as `own` in `steps`."""
    return max(1, round(steps * own.tokens_per_step / other.tokens_per_step))


def names_of(stage: str, candidate: Candidate, outcome: str, reason: Problem | None = None) -> dict[str, str]:
    """What a trial says of `candidate` beside its figures. The arguments of a reason are named after it."""
    names = {
        "stage": stage,
        "lever": candidate.lever,
        "choice": candidate.choice,
        "outcome": outcome,
        "changes": msgspec.json.encode(candidate.changes).decode(),
    }
    if reason is not None:
        names |= {"reason": reason.key, **{f"reason.{key}": str(value) for key, value in reason.arguments.items()}}
    return names


def of_stage(trials: Sequence[Trial], *stages: str) -> list[Trial]:
    return [trial for trial in trials if trial.names["stage"] in stages]


def choice_of(trial: Trial) -> str:
    return f"{trial.names['lever']}={trial.names['choice']}"


def gains(trials: Sequence[Trial]) -> list[Trial]:
    """The candidates that proved faster and were not dropped again, each measured on top of those before it."""
    dropped = {trial.names["dropped"] for trial in of_stage(trials, "check")}
    faster = [trial for trial in of_stage(trials, "lever") if trial.names["outcome"] == "kept"]
    return [trial for trial in faster if choice_of(trial) not in dropped]


def kept(trials: Sequence[Trial]) -> list[Trial]:
    """Of `gains` those that are to be set: a lever's last choice takes the place of those before."""
    return list({trial.names["lever"]: trial for trial in gains(trials)}.values())


def races_won(trials: Sequence[Trial]) -> list[Trial]:
    """The optimizer with its rate, and the batch, that were the soonest; what races as it is changes nothing."""
    won = [trial for trial in of_stage(trials, "race") if trial.names["outcome"] == "kept" and trial.names["lever"]]
    return list({trial.names["lever"]: trial for trial in won}.values())


def changes_of(trials: Sequence[Trial]) -> dict[str, Value]:
    """What `trials`, each of a candidate, change together."""
    together: dict[str, Value] = {}
    for trial in trials:
        changes: Mapping[str, Value] = msgspec.json.decode(trial.names["changes"])
        together |= changes
    return together


def last_check(trials: Sequence[Trial]) -> Trial | None:
    """The newest word on whether what is kept costs quality."""
    return next(iter(of_stage(trials, "check")[::-1]), None)
