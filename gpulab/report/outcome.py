"""What a comparison found, in words and as one object: what `gpulab compare --json` prints and a JSON report holds."""

from __future__ import annotations

import math
from typing import Any

from gpulab.analysis.changes import Change, Whole
from gpulab.analysis.saying import Verdict
from gpulab.comparisons.answers import sweep_of, verdict_of
from gpulab.comparisons.differing import differences
from gpulab.comparisons.standing import Standing
from gpulab.spec.comparison import Arm
from gpulab.words import sentence
from gpulab.words.verdicts import NO_RESULT, OPEN_BECAUSE

WORDS = {
    "better": "better",
    "worse": "worse",
    "same": "no measurable difference",
    "too_few": "too few runs to tell",
    "mixed": "mixed",
}


def word_of(change: Change) -> str:
    """The word for a change, and why there is none where its interval alone would have given one."""
    return ", ".join(filter(None, (WORDS[change.word], OPEN_BECAUSE.get(change.because))))


def whole_of(found: Verdict, word: Whole) -> str:
    """The word for an arm as a whole: what became of it, where nothing of it could be compared."""
    return NO_RESULT.get(found.benefit.key, WORDS[word])


def said(found: Verdict) -> list[str]:
    """The sentences of a verdict."""
    four = (found.benefit, found.cost, found.confidence, found.next)
    return [sentence(saying.key, saying.arguments) for saying in (*four, *found.besides)]


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
        "how_far": [sentence(saying.key, saying.arguments) for saying in sweep_of(standing)[1]],
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
        "starts_from": arm.starts_from or None,
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
        "verdict": [] if is_baseline else said(verdict_of(standing, arm.key)),
    }


def _change(change: Change) -> dict[str, Any]:
    numbers = ("base", "value", "change", "low", "high", "detectable", "region")
    found = {name: getattr(change, name) for name in numbers}
    finite = {name: value if math.isfinite(value) else None for name, value in found.items()}
    return {"metric": change.metric, "word": change.word, "pairs": change.pairs, **finite}
