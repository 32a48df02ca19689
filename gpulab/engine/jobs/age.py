"""An old model on a new text: has this model grown old?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import msgspec

from gpulab.analysis.figures import between
from gpulab.engine.aging import judge_on
from gpulab.engine.jobs.workplace import Workplace
from gpulab.events.documents import Suggestion, Trial
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Age
from gpulab.spec.problem import Argument, BadInput

_OLDER = 0.02
"""From this share of more bits per byte on, a text counts as harder."""

_MET = 0.05


def planned(settings: Age) -> int:
    """The run's own text and the new one."""
    return 2


def measure(place: Workplace, settings: Age) -> None:
    """Notes bits per byte and accuracy of the run's own test text (where known) and of the new text."""
    try:
        found = judge_on(Path(settings.run), settings.text, place.check)
    except BadInput as bad:
        own = {"data.path", "path"}
        problems = [msgspec.structs.replace(p, field="text") if p.field in own else p for p in bad.problems]
        raise BadInput(*problems) from bad
    known = math.nan if found.own_bits_per_byte is None else found.own_bits_per_byte
    accuracy = math.nan if found.own_accuracy is None else found.own_accuracy
    place.note({"bits_per_byte": known, "accuracy": accuracy}, {"text": "own" if found.own_measured else "recorded"})
    values = {"bits_per_byte": found.new_bits_per_byte, "accuracy": found.new_accuracy, "bytes": float(found.new_bytes)}
    values |= {"left_out_share": found.left_out_share, "comparable": float(found.comparable)}
    values |= {"met_share": math.nan if found.met_share is None else found.met_share}
    if found.gap is not None:
        values |= {"gap": found.gap.value, "gap_low": found.gap.low, "gap_high": found.gap.high}
    place.note(values, {"text": "new"})


def suggest(trials: Sequence[Trial], experiment: Experiment, settings: Age) -> list[Suggestion]:
    """How much harder the new text is, and what to keep in mind about that figure."""
    if len(trials) < 2:
        return []
    own, new = (trial.values["bits_per_byte"] for trial in trials)
    assert new is not None
    values = trials[1].values
    low, high = (trials[1].values.get(name) for name in ("gap_low", "gap_high"))
    found = [_verdict(own, new, low, high)]
    if values["left_out_share"]:
        found.append(Suggestion(key="age_left_out", arguments={"percent": _percent(values["left_out_share"])}))
    if (met := values["met_share"]) is not None and met >= _MET:
        found.append(Suggestion(key="age_met", arguments={"percent": _percent(met)}))
    if not values["comparable"]:
        found.append(Suggestion(key="age_not_comparable"))
    return found


def _verdict(own: float | None, new: float, low: float | None, high: float | None) -> Suggestion:
    """`low` and `high` are the bounds of the gap; None where too little text leaves it open."""
    if own is None:
        return Suggestion(key="age_alone", arguments={"new": round(new, 3)})
    more = new / own - 1.0
    arguments: dict[str, Argument] = {"new": round(new, 3), "own": round(own, 3), "percent": _percent(abs(more))}
    if low is None or high is None:
        return Suggestion(key="age_too_short", arguments=arguments)
    arguments["interval"] = between(more, low, high)
    if abs(more) < _OLDER:
        return Suggestion(key="age_alike", arguments=arguments)
    if low <= 0.0 <= high:
        return Suggestion(key="age_unsure", arguments=arguments)
    return Suggestion(key="age_harder" if more > 0 else "age_easier", arguments=arguments)


def _percent(share: float | None) -> float:
    return float(f"{100 * (share or 0.0):.3g}")
