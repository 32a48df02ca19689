"""Divergence: the loss grows beyond where it began, or numbers stop being numbers; and what most likely did it."""

from __future__ import annotations

import math

from gpulab.analysis.dangers.danger import Danger, Detector, Severity, Try
from gpulab.analysis.dangers.evidence import Evidence
from gpulab.analysis.dangers.reading import level, rate_times, switch_on, warm_up

_GROWN, _BAD_START, _ENOUGH = 1.2, 2.0, 20
_SHORT = ("fp16", "bf16_pure", "float8", "float8_simulated")
_SCALED_SHARE = 0.05


def _look(evidence: Evidence) -> Danger | None:
    losses, norms = evidence.points("train_loss"), evidence.points("grad_norm")
    not_finite = sorted(
        {step for each in (losses, norms) for step, value in zip(each.steps, each.values, strict=True) if value is None}
    )
    known = losses.known
    cause = _cause(evidence, known[0][1] if known else None)
    figures = {"count": len(not_finite), "cause": cause}
    tries = _tries(evidence, cause)
    if evidence.reason == "diverged":
        first = _first_above(known) or (not_finite[0] if not_finite else evidence.step)
        return Danger(f"diverged_{cause}", "danger", first, figures, "train_loss", tries)
    now = level(evidence)
    if now is not None and len(known) >= _ENOUGH and now > _GROWN * known[0][1]:
        grown = {"first": round(known[0][1], 3), "now": round(now, 3)}
        return Danger(f"loss_grew_{cause}", "danger", _first_above(known), figures | grown, "train_loss", tries)
    if not_finite and not _only_scaling(evidence, len(not_finite), len(losses.steps)):
        severity: Severity = "warning"
        return Danger(f"not_finite_{cause}", severity, not_finite[0], figures, "grad_norm", tries)
    return None


def _only_scaling(evidence: Evidence, count: int, steps: int) -> bool:
    """fp16 skips a step now and then on purpose, until its loss scale fits."""
    fp16 = evidence.setting("techniques.precision.mode") == "fp16"
    return fp16 and count <= max(_ENOUGH, _SCALED_SHARE * steps)


def _first_above(known: list[tuple[int, float]]) -> int:
    """The first step whose loss is above 1.2 times the first one's; 0 where none is."""
    return next((step for step, value in known if value > _GROWN * known[0][1]), 0)


def _cause(evidence: Evidence, first_loss: float | None) -> str:
    if evidence.setting("techniques.precision.mode") in _SHORT:
        return "precision"
    guess = math.log(evidence.vocab_size) if evidence.vocab_size > 1 else math.inf
    return "start" if first_loss is None or first_loss > _BAD_START * guess else "rate"


def _tries(evidence: Evidence, cause: str) -> tuple[Try, ...]:
    precise = (Try("try_full_precision", {"techniques.precision": False}),) if cause == "precision" else ()
    return (*precise, *rate_times(evidence, 0.1), *switch_on(evidence, "gradient_clipping"), *warm_up(evidence))


DIVERGENCE = Detector(
    name="divergence",
    label="Divergence",
    measured="The median training loss of the last 20 steps beside the first step's, and steps without finite numbers.",
    threshold="1.2 times the first loss; any step without finite numbers, where fp16 does not skip it to fit its scale "
    "(up to 20 steps, or 5 %).",
    why="The first loss is about that of blind guessing: a model far above it is worse than none. The cause named is "
    "the first that applies: short numbers; a first loss of twice blind guessing or more; else the learning rate.",
    source="Google Research: Deep Learning Tuning Playbook (2023), optimization failures and training instability; "
    "Micikevicius et al.: Mixed Precision Training (2017), arXiv:1710.03740, for skipped steps",
    look=_look,
)
