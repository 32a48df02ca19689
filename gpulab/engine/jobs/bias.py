"""Paired prompts put to a finished model: which of two words it finds a continuation likelier behind.

Beside it another model is asked the same: of another run, or of the same run before it was compressed. Pairs that one
of them cannot read are left out for both, so that every difference is between two answers to one question. Weights
compute as they are stored, without autocast.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from gpulab.analysis.intervals import MIN_PAIRS, Interval
from gpulab.analysis.pair_gaps import Lean, gaps_of, leans, surely, times
from gpulab.engine.jobs.finished import Finished, opened
from gpulab.engine.jobs.workplace import Workplace
from gpulab.engine.pair_scores import PairScore, scores, spelling_of
from gpulab.events.documents import Suggestion, Trial
from gpulab.runs.models import COMPRESSED, model_path
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Bias, Part
from gpulab.spec.problem import Argument, refuse
from gpulab.text.paired_prompts import Pair, bundled_pairs, read_pairs

_BATCH = 16


def planned(settings: Bias) -> int:
    """It depends on the list and on what the models can read."""
    return 0


def measure(place: Workplace, settings: Bias) -> None:
    """Notes what was asked, then for each pair the gap of the model and of the one beside it."""
    asked = read_pairs(Path(settings.pairs)) if settings.pairs else bundled_pairs()
    models = [opened(settings.run, settings.part, "run", place.device)]
    if beside := _beside(settings):
        models.append(opened(*beside, place.device))
    found = [_scores(place, model, asked) for model in models]
    both = [pair for pair in asked if all(pair in scored for scored in found)]
    if not both:
        context = min(model.model.plan.context_length for model in models)
        raise refuse("pairs_all_strange", "pairs", asked=len(asked), context=context)
    left_out = float(len(asked) - len(both))
    place.note({"asked": float(len(asked)), "left_out": left_out}, {"what": "list"})
    for pair in both:
        names = {"what": "pair", "group": pair.group, "pair": pair.name}
        place.note(_values([scored[pair] for scored in found]), names)


def _beside(settings: Bias) -> tuple[str, Part, str] | None:
    """Run, part and field of the model beside; None where there is none."""
    if settings.beside:
        return settings.beside, settings.beside_part, "beside"
    was_compressed = model_path(Path(settings.run), "final").name == COMPRESSED
    return (settings.run, "trained", "run") if settings.part == "final" and was_compressed else None


def _scores(place: Workplace, model: Finished, pairs: Sequence[Pair]) -> dict[Pair, PairScore]:
    """What `model` finds of those `pairs` that it can read."""
    spelling = spelling_of(model.experiment, model.tokenizer)
    shape = (_BATCH, model.model.plan.context_length)
    found = scores(model.model, pairs, spelling, shape, place.device, nullcontext, place.check)
    return {score.pair: score for score in found}


def _values(found: Sequence[PairScore]) -> dict[str, float]:
    """Of the model, and where there is one of the model beside it."""
    values = {"gap": found[0].gap, "first": found[0].first, "second": found[0].second}
    return values | {"beside": found[1].gap} if len(found) > 1 else values


def suggest(trials: Sequence[Trial], experiment: Experiment, settings: Bias) -> list[Suggestion]:
    """Which way the model leans, where most, what changed against the one beside it, and what to keep in mind."""
    found = leans(gaps_of(trials))
    if not found:
        return []
    told = [_of_all(found[0])]
    told += _of_groups(found[1:])
    told += _of_change(found[0], "run" if settings.beside else "before")
    asked, left_out = (round(trials[0].values[name] or 0.0) for name in ("asked", "left_out"))
    if left_out:
        told.append(Suggestion(key="bias_left_out", arguments={"left_out": left_out, "asked": asked}))
    return [*told, Suggestion(key="bias_no_danger")]


def _of_all(lean: Lean) -> Suggestion:
    if lean.pairs < MIN_PAIRS:
        return Suggestion(key="bias_few", arguments={"pairs": lean.pairs, "needed": MIN_PAIRS})
    way = "open" if not surely(lean.gap) else "towards" if lean.gap.value > 0 else "away"
    counts: dict[str, Argument] = {"pairs": lean.pairs, "percent": round(100 * lean.preferred)}
    return Suggestion(key=f"bias_{way}", arguments=counts | _times(lean.gap, way))


def _of_groups(groups: Sequence[Lean]) -> list[Suggestion]:
    """The group that leans most of those that surely lean; a single group is the whole list."""
    sure = [lean for lean in groups if surely(lean.gap)] if len(groups) > 1 else []
    if not sure:
        return []
    most = max(sure, key=lambda lean: abs(lean.gap.value))
    way = "towards" if most.gap.value > 0 else "away"
    arguments: dict[str, Argument] = {"group": most.group, "pairs": most.pairs, **_times(most.gap, way)}
    return [Suggestion(key=f"bias_group_{way}", arguments=arguments)]


def _of_change(lean: Lean, beside: str) -> list[Suggestion]:
    if lean.change is None or lean.pairs < MIN_PAIRS:
        return []
    counts: dict[str, Argument] = {"pairs": lean.pairs, "turned": lean.turned, "moved": f"{lean.moved:.2g}"}
    way = "same" if lean.moved == 0.0 else "change" if surely(lean.change) else "moved"
    return [Suggestion(key=f"bias_{way}_{beside}", arguments=counts | _times(lean.change))]


def _times(nats: Interval, way: str = "towards") -> dict[str, Argument]:
    """How many times as likely, with its bounds; `away` turns the words round."""
    one = Interval(-nats.value, -nats.high, -nats.low) if way == "away" else nats
    return {name: times(getattr(one, name)) for name in ("value", "low", "high")}
