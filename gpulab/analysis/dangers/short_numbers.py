"""Short numbers that lose what the model should learn: gradients that vanish or overflow, steps too small to count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gpulab.analysis.dangers.danger import Danger, Detector, Severity, Try
from gpulab.analysis.dangers.evidence import Evidence, Finding

_FLUSHED, _UNMOVED, _NOISE, _LOW_SCALE = 0.01, 0.5, 0.2, 1.0
_MODE = "techniques.precision.mode"


def _look(evidence: Evidence) -> Danger | None:
    found = evidence.found("precision")
    if evidence.setting(_MODE) in (None, "fp32"):
        return None
    if len(found) > 1 and all(_value(one, "not_finite") > 0.0 for one in found[-2:]):
        return _danger(evidence, "short_overflow", found, "not_finite", "danger")
    for key, value, limit in (
        ("short_flushed", "flushed", _FLUSHED),
        ("short_unmoved", "unmoved", _UNMOVED),
        ("short_noise", "gradient_noise", _NOISE),
    ):
        if found and _value(found[-1], value) >= limit:
            return _danger(evidence, key, found[-1:], value)
    scales = evidence.points("loss_scale").known
    if scales and scales[-1][1] <= _LOW_SCALE:
        step = next(step for step, scale in scales if scale <= _LOW_SCALE)
        return Danger("loss_scale_low", "warning", step, {"scale": scales[-1][1]}, "loss_scale", _tries(evidence))
    return None


def _danger(evidence: Evidence, key: str, found: list[Finding], value: str, severity: Severity = "warning") -> Danger:
    figures: Mapping[str, Any] = {
        "step": found[-1].step,
        "percent": float(f"{100.0 * _value(found[-1], value):.2g}"),
    }
    step = next(one.step for one in found if _value(one, value) > 0.0)
    return Danger(key, severity, step, figures, "", _tries(evidence))


def _value(finding: Finding, key: str) -> float:
    return finding.values.get(key) or 0.0


def _tries(evidence: Evidence) -> tuple[Try, ...]:
    full = Try("try_full_precision", {"techniques.precision": False})
    return (full,) if evidence.setting(_MODE) == "bf16" else (Try("try_mixed_bf16", {_MODE: "bf16"}), full)


SHORT_NUMBERS = Detector(
    name="short_numbers",
    label="Numbers too short",
    measured="Gradients of two windows under the run's numbers beside the same weights' in 32 bits: the share that "
    "became zero, the share that is not finite, and the error beside their size. In pure bf16, the share of the "
    "weights that Adam's next step leaves as they are; in fp16, the loss scale.",
    threshold="1 % turned into zero; any that overflow at two looks in a row; half of the weights unmoved; an error "
    "of a fifth; a loss scale of 1 or less. The limits are our own.",
    why="Healthy runs of nano and mini lose less than 0.01 %, err by 0.5 % in bf16 and 7 % in float8, and leave 10 to "
    "25 % of the weights unmoved in pure bf16 at the preset's rate. fp16 halves its scale at each overflow, so one "
    "alone says nothing; a scale of 1 is none.",
    source="Micikevicius et al.: Mixed Precision Training (2017), arXiv:1710.03740 (vanished gradients, loss scale); "
    "Zamirai et al.: Revisiting BFloat16 Training (2020), arXiv:2010.06192 (steps rounded away)",
    look=_look,
)
