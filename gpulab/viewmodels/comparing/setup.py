"""What a person sets up before a comparison: which arms, how many seeds, and what that will take on this machine."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from gpulab.comparisons import variants
from gpulab.comparisons.course import running_arms, training_arms
from gpulab.comparisons.standing import Standing
from gpulab.comparisons.taking_over import asked_again
from gpulab.comparisons.variants import Changes, Made
from gpulab.spec.comparison import Comparison, Question, Rules
from gpulab.spec.decode import all_settings, settings_from
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import BadInput, Problem, refuse
from gpulab.spec.setting import Setting, Value, settings_of
from gpulab.techniques import BY_NAME, REGISTRY
from gpulab.viewmodels.estimates import MeasuredSpeed
from gpulab.viewmodels.stepping import stepped
from gpulab.viewmodels.values import read

_SAME_FOR_ALL = ("name", "training.seed", "device", "threads")
_FAR = 1e4
_FACTORS = (0.1, 0.3, 1.0, 3.0, 10.0)
_SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
_AROUND_S = 5.0
"""What a run takes besides its steps: a process that starts, data and model that are made, figures that are judged.

Finished runs of small models on two cores took 4 to 6 s; with large models it is lost in the training.
"""


class Draft(msgspec.Struct, frozen=True):
    """What the dialog holds; only what belongs to `question` is looked at. `rules` are by their paths."""

    question: Question
    technique: str = ""
    techniques: tuple[str, ...] = ()
    variants: tuple[Changes, ...] = ()
    dose: str = ""
    doses: str = ""
    rules: Mapping[str, Value] = {}


class Outlook(msgspec.Struct, frozen=True):
    """What it will take, with searches, starting and judging.

    Seconds are None where nothing like it was measured here.
    """

    arms: int
    least_runs: int
    most_runs: int
    least_seconds: float | None
    most_seconds: float | None


def rules_of(values: Mapping[str, Value]) -> Rules:
    """The rules that the fields say. Raises BadInput with everything that is wrong."""
    return settings_from(Rules, dict(values))


def default_rules() -> dict[str, Value]:
    """What the fields say before anybody touches them."""
    return {setting.path: setting.default for setting in settings_of(Rules)}


def made(draft: Draft, experiment: Experiment) -> Made:
    """The comparison that `draft` asks of `experiment`. Raises BadInput with what is wrong; nothing is written."""
    rules = rules_of(draft.rules)
    match draft.question:
        case "with_without":
            return variants.with_and_without(experiment, draft.technique, rules)
        case "one_at_a_time":
            return variants.one_at_a_time(experiment, rules)
        case "all_combinations":
            return variants.all_combinations(experiment, draft.techniques, rules)
        case "doses":
            return variants.doses(experiment, draft.dose, dose_values(draft.dose, draft.doses), rules)
        case _:
            if not draft.variants:
                raise refuse("too_few_arms", "arms", count=1)
            return variants.free(experiment, draft.variants, rules)


def again(standing: Standing, rules: Mapping[str, Value]) -> Made:
    """The same arms once more under other `rules`, which know that it was asked before. Raises BadInput."""
    asked = asked_again(standing.comparison.rules, rules_of(rules), standing.judgement.looks)
    return msgspec.structs.replace(standing.comparison, rules=asked), dict(standing.experiments)


def dose_values(path: str, text: str) -> list[Value]:
    """The values in `text`, by commas or spaces. Raises BadInput where one is no number of that setting's kind."""
    settings = all_settings(REGISTRY)
    if path not in settings:
        raise refuse("too_few_arms", "arms", count=1)
    values = [read(settings[path], word) for word in text.replace(";", ",").replace(",", " ").split()]
    wrong = [value for value in values if isinstance(value, str)]
    if wrong:
        expected = {"int": "a whole number"}.get(settings[path].kind, "a number")
        raise BadInput(*(Problem("wrong_type", "doses", {"value": one, "expected": expected}) for one in wrong))
    if not values:
        raise refuse("too_few_arms", "arms", count=1)
    return values


def suggested_doses(setting: Setting, experiment: Experiment) -> str:
    """Five values around the one that the experiment has, or spread over what is allowed where that is a share."""
    now = value_now(setting, experiment)
    low, high = setting.low, setting.high
    if setting.kind == "float" and low is not None and high is not None and low >= 0 and high <= 1:
        digits = 1 if high >= 0.9 else 2  # 0.1 and not 0.099, where all but the very end is allowed
        values = [float(f"{low + (high - low) * share:.{digits}g}") for share in _SHARES]
    else:
        spread = _FACTORS if setting.kind == "float" else (0.25, 0.5, 1.0, 2.0, 4.0)
        values = [float(now or 1) * factor for factor in spread]
    values = [min(max(v, -math.inf if low is None else low), math.inf if high is None else high) for v in values]
    kept = [round(v) if setting.kind == "int" else float(f"{v:.3g}") for v in values]
    return ", ".join(f"{value:g}" for value in dict.fromkeys(kept))


def value_now(setting: Setting, experiment: Experiment) -> Value:
    """What `experiment` has, or the default of a technique that is off."""
    inner: object = experiment
    for name in setting.path.split("."):
        inner = inner.get(name) if isinstance(inner, Mapping) else getattr(inner, name, None)
    return inner if isinstance(inner, int | float | str) else setting.default


def other_value(setting: Setting, experiment: Experiment) -> Value:
    """What a variant might have instead of what `experiment` has; for a technique that is off, what it comes with."""
    parts = setting.path.split(".")
    if parts[0] == "techniques" and parts[1] not in experiment.techniques:
        return setting.default
    if parts[0] == "techniques" and len(parts) == 2:
        return False
    now = value_now(setting, experiment)
    if setting.kind == "bool":
        return not now
    if setting.kind == "choice":
        return next(choice for choice in setting.choices if choice != now)
    return now if setting.kind == "str" else stepped(setting, {setting.path: now}, 1)


def changeable() -> list[Setting]:
    """Every setting that arms may differ in, with a switch for each technique before its own settings."""
    settings = all_settings(REGISTRY)
    found = [s for path, s in settings.items() if not path.startswith("techniques.") and path not in _SAME_FOR_ALL]
    for name, technique in BY_NAME.items():
        help_ = technique.summary
        found.append(Setting(f"techniques.{name}", technique.label, help_, "bool", True))
        found += [s for path, s in settings.items() if path.startswith(f"techniques.{name}.")]
    return found


def dosable() -> list[Setting]:
    """Every setting that is a number."""
    return [setting for setting in changeable() if setting.kind in ("int", "float")]


def label_within(setting: Setting) -> str:
    """`Pruning: Share set to zero`; a setting of the experiment itself goes by its own label."""
    _, _, name = setting.path.partition("techniques.")
    technique, _, inner = name.partition(".")
    return f"{BY_NAME[technique].label}: {setting.label}" if inner else setting.label


def techniques_of(experiment: Experiment) -> list[tuple[str, str, bool]]:
    """Name and label of every technique and whether it is on, those that are on first."""
    on = [(name, BY_NAME[name].label, True) for name in BY_NAME if name in experiment.techniques]
    return on + [(name, one.label, False) for name, one in BY_NAME.items() if name not in experiment.techniques]


def outlook(
    comparison: Comparison, experiments: Mapping[str, Experiment], speed: MeasuredSpeed, there: int = 0
) -> Outlook:
    """How many runs at least and at most, and how long they take, searches of learning rates included.

    Of so many seeds the runs are `there`.
    """
    arms, rules = running_arms(comparison), comparison.rules
    trained = training_arms(comparison)
    seconds = _seconds([experiments[arm] for arm in trained], rules, speed)
    around = _AROUND_S * len(arms)
    searches = _AROUND_S * len(trained) * rules.tune
    least, most = (max(0, seeds - there) for seeds in (rules.least_seeds, rules.most_seeds))
    return Outlook(
        len(comparison.arms),
        len(arms) * least,
        len(arms) * most,
        None if seconds is None else (seconds[0] + around) * least + seconds[1] + searches,
        None if seconds is None else (seconds[0] + around) * most + seconds[1] + searches,
    )


def _seconds(experiments: Sequence[Experiment], rules: Rules, speed: MeasuredSpeed) -> tuple[float, float] | None:
    """Seconds that one seed of all arms takes, and those of all searches; what was not measured goes by the others."""
    measured = [speed(experiment) for experiment in experiments]
    known = [pace for pace in measured if pace]
    if not known:
        return None
    usual = sum(known) / len(known)
    per_step = [e.tokens_per_step / (pace or usual) for e, pace in zip(experiments, measured, strict=True)]
    once = sum(step * e.training.steps for e, step in zip(experiments, per_step, strict=True))
    searches = sum(step * rules.tune_steps * rules.tune_trials for step in per_step) if rules.tune else 0.0
    return once, searches
