"""What a comparison found: a table and the verdicts' sentences for a person, one object for a script."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from gpulab.analysis import figures
from gpulab.analysis.case import Extras
from gpulab.analysis.changes import Change
from gpulab.analysis.metrics import METRICS
from gpulab.analysis.saying import Saying, Verdict
from gpulab.analysis.verdict import verdict
from gpulab.cli.output import give, give_json, table
from gpulab.cli.summary import FAILED
from gpulab.comparisons.differing import differences
from gpulab.comparisons.standing import Standing
from gpulab.spec.comparison import Arm
from gpulab.words import sentence

WORDS = {
    "better": "better",
    "worse": "worse",
    "same": "no measurable difference",
    "too_few": "too few runs to tell",
    "mixed": "mixed",
}
_HEADINGS = ("", "baseline", "here", "change", f"{figures.LEVEL} interval", "verdict")


def finish(standing: Standing, as_json: bool) -> int:
    """Puts out what was found; returns the exit status: 1 where no arm could be compared."""
    if as_json:
        give_json(as_object(standing))
    else:
        give("\n".join(in_words(standing)))
    compared = any(change.pairs for change in standing.judgement.changes)
    return FAILED if standing.state in ("failed", "vanished") or (standing.state == "done" and not compared) else 0


def in_words(standing: Standing) -> Iterator[str]:
    """The lines of the table of each arm with its verdict, then what was left out, and how it ended."""
    comparison, judgement = standing.comparison, standing.judgement
    yield comparison.name
    for arm in comparison.arms[1:]:
        yield ""
        yield f"{arm.name}, against {comparison.baseline.name}: {WORDS[judgement.wholes.get(arm.key, 'too_few')]}"
        if rows := [_row(metric.label, change) for metric in METRICS if (change := judgement.of(arm.key, metric.key))]:
            yield table([_HEADINGS, *rows])
        yield from (f"  {line}" for line in said(verdict_of(standing, arm)))
    yield ""
    for key, reason in judgement.incomparable:
        yield f"{comparison.arm(key).name}: {sentence(reason, {})}"
    if standing.reason:
        yield sentence(standing.reason, standing.arguments)
    yield f"folder: {standing.folder}"


def _row(label: str, change: Change) -> tuple[str, ...]:
    metric = next(metric for metric in METRICS if metric.key == change.metric)
    word = WORDS[change.word] if metric.judged else ""
    base, value = figures.written(metric, change.base), figures.written(metric, change.value)
    return (label, base, value, figures.written_change(change), figures.written_interval(change), word)


def verdict_of(standing: Standing, arm: Arm) -> Verdict:
    """The verdict's four sentences on `arm`."""
    training = standing.experiments[arm.key].training
    extras = Extras(tuned=standing.tuned, learning_rate=training.learning_rate, steps=training.steps)
    return verdict(standing.comparison, standing.judgement, arm.key, extras)


def said(found: Verdict) -> list[str]:
    """The sentences of a verdict."""
    return [_sentence(one) for one in (found.benefit, found.cost, found.confidence, found.next, *found.besides)]


def _sentence(saying: Saying) -> str:
    return sentence(saying.key, saying.arguments)


def as_object(standing: Standing) -> dict[str, Any]:
    """Everything that `--json` prints; figures that are not there are null."""
    judgement = standing.judgement
    return {
        "status": standing.state,
        "reason": standing.reason,
        "sentence": sentence(standing.reason, standing.arguments) if standing.reason else "",
        "name": standing.comparison.name,
        "question": standing.comparison.question,
        "baseline": standing.comparison.baseline.key,
        "seeds": standing.complete_seeds,
        "looks": judgement.looks,
        "arms": [_arm(standing, arm) for arm in standing.comparison.arms],
        "undecided": [{"arm": arm, "metric": metric} for arm, metric in judgement.undecided],
        "left_out": [{"arm": arm, "seed": seed, "state": state} for arm, seed, state in judgement.left_out],
        "incomparable": [
            {"arm": arm, "reason": reason, "sentence": sentence(reason, {})} for arm, reason in judgement.incomparable
        ],
        "comparison_dir": str(standing.folder),
    }


def _arm(standing: Standing, arm: Arm) -> dict[str, Any]:
    is_baseline = arm == standing.comparison.baseline
    own = [one for one in standing.observations if one.arm == arm.key]
    return {
        "key": arm.key,
        "name": arm.name,
        "part": arm.part,
        "runs_of": arm.runs_of or None,
        "tuned_learning_rate": standing.tuned.get(arm.runs_of or arm.key),
        "differences": differences(
            standing.experiments[standing.comparison.baseline.key], standing.experiments[arm.key]
        ),
        "runs": [
            {
                "seed": one.seed,
                "state": one.state,
                "run_dir": str(standing.runs[one.arm, one.seed]),
                "unfair": one.unfair or None,
                "figures": dict(one.figures),
            }
            for one in own
        ],
        "whole": None if is_baseline else standing.judgement.wholes.get(arm.key, "too_few"),
        "changes": [_change(change) for change in standing.judgement.changes if change.arm == arm.key],
        "verdict": [] if is_baseline else said(verdict_of(standing, arm)),
    }


def _change(change: Change) -> dict[str, Any]:
    numbers = ("base", "value", "change", "low", "high", "detectable", "region")
    found = {name: getattr(change, name) for name in numbers}
    finite = {name: value if math.isfinite(value) else None for name, value in found.items()}
    return {"metric": change.metric, "word": change.word, "pairs": change.pairs, **finite}
