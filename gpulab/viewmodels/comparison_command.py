"""The lines to type in a terminal that ask a comparison's question again."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from gpulab.spec.comparison import Comparison, Rules
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import refuse
from gpulab.spec.setting import settings_of
from gpulab.viewmodels.command import Line, beginning, differences, written

_OWN_NAMES = {"least_seeds": "--seeds"}


def of_comparison(comparison: Comparison, experiments: Mapping[str, Experiment]) -> list[Line]:
    """The commands that make the same sides, by the same rules.

    Raises BadInput where no command does: for a comparison of runs that were there before.
    """
    base, question = _question(comparison, experiments)
    begun, name, changes = beginning(base)
    return [begun, ["gpulab", "compare", name, *changes, *question, *_rules(comparison.rules)]]


def _question(comparison: Comparison, experiments: Mapping[str, Experiment]) -> tuple[Experiment, Line]:
    """The experiment that the sides are made from, and the options that make them."""
    baseline, *others = [experiments[arm.key] for arm in comparison.arms]
    match comparison.question:
        case "with_without":
            (added,) = set(others[0].techniques) - set(baseline.techniques)
            return others[0], ["--without", added]
        case "one_at_a_time":
            return _with_all(baseline, others), ["--one-at-a-time"]
        case "all_combinations":
            combined = [name for name in others[-1].techniques if name not in baseline.techniques]
            # in the order in which they were given: the first sides are the single ones
            given = [added for one in others for added in set(one.techniques) - set(baseline.techniques)]
            return others[-1], ["--combinations", ",".join(dict.fromkeys(given[: len(combined)]))]
        case "doses":
            values = [_at(one, comparison.dose) for one in others]
            base = others[0] if comparison.dose.startswith("techniques.") else baseline
            return base, ["--dose", f"{comparison.dose}={','.join(_sayable(written(value)) for value in values)}"]
        case "variants":
            return baseline, [word for one in others for word in ("--with", _changes(baseline, one))]
        case "runs":
            raise refuse("command_of_runs")


def _with_all(baseline: Experiment, others: list[Experiment]) -> Experiment:
    techniques = dict(baseline.techniques)
    for one in others:
        techniques |= {name: value for name, value in one.techniques.items() if name not in baseline.techniques}
    return msgspec.structs.replace(baseline, techniques=MappingProxyType(techniques))


def _changes(baseline: Experiment, variant: Experiment) -> str:
    return ",".join(_sayable(change) for change in differences(baseline, variant))


def _sayable(text: str) -> str:
    """Commas part one from the next."""
    if "," in text:
        raise refuse("command_cannot_say", word=text)
    return text


def _at(experiment: Experiment, path: str) -> bool | int | float | str:
    found: object = experiment
    for name in path.split("."):
        found = found[name] if isinstance(found, Mapping) else getattr(found, name)
    assert isinstance(found, bool | int | float | str)
    return found


def _rules(rules: Rules) -> Line:
    words: Line = []
    for setting in settings_of(Rules):
        value = getattr(rules, setting.name)
        if value != setting.default:
            words.append(_OWN_NAMES.get(setting.name, f"--{setting.name.replace('_', '-')}"))
            words += [] if setting.kind == "bool" else [written(value)]
    return words
