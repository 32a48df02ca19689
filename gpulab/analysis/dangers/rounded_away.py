"""Quantization that takes too much: a loss that rises, weights that are mostly noise, a few that spoil all others."""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import median
from typing import Any

from gpulab.analysis.dangers.danger import Danger, Detector, Severity, Try
from gpulab.analysis.dangers.evidence import Evidence, Finding
from gpulab.analysis.dangers.reading import place

_COSTS, _COSTS_MUCH, _NOISY_DB, _OUTLIER, _BELOW_DB = 0.01, 0.05, 10.0, 8.0, 6.0
_QUANTIZATION = "techniques.quantization"
Parts = Mapping[str, Mapping[str, float | None]]


def _look(evidence: Evidence) -> Danger | None:
    found = evidence.found("rounding", "compressed")
    if not found or not found[-1].parts:
        return None
    newest, parts = found[-1], found[-1].parts
    cost = newest.values.get("loss_change") or 0.0
    hurt = max(parts, key=lambda part: _of(parts, part, "given_back", 0.0))
    if cost >= _COSTS and _of(parts, hurt, "given_back", 0.0) > 0.0:
        severity: Severity = "danger" if cost >= _COSTS_MUCH else "warning"
        back = {"back": round(100.0 * _of(parts, hurt, "given_back", 0.0))}
        return Danger(
            "rounding_hurts", severity, newest.step, _figures(newest, hurt) | back, "", _tries(evidence, hurt)
        )
    outlying = max(parts, key=lambda part: _of(parts, part, "outlier", 0.0))
    times, usual = (
        _of(parts, outlying, "outlier", 0.0),
        median(_of(parts, part, "signal_db", math.inf) for part in parts),
    )
    if times >= _OUTLIER and _of(parts, outlying, "signal_db", math.inf) <= usual - _BELOW_DB:
        figures = _figures(newest, outlying) | {"times": round(times)}
        return Danger("rounding_outliers", "warning", newest.step, figures, "", _tries(evidence, outlying))
    noisy = min(parts, key=lambda part: _of(parts, part, "signal_db", math.inf))
    if _of(parts, noisy, "signal_db", math.inf) < _NOISY_DB:
        return Danger("rounding_noise", "warning", newest.step, _figures(newest, noisy), "", _tries(evidence, noisy))
    return None


def _of(parts: Parts, part: str, key: str, otherwise: float) -> float:
    value = parts[part].get(key)
    return otherwise if value is None else value


def _figures(finding: Finding, part: str) -> dict[str, Any]:
    """The part in words, its signal above its noise, and what all of the rounding costs."""
    cost = max(0.0, finding.values.get("loss_change") or 0.0)
    decibels = _of(finding.parts, part, "signal_db", math.inf)
    return {**place(part), "decibels": round(decibels, 1), "percent": float(f"{100.0 * cost:.2g}")}


def _tries(evidence: Evidence, part: str) -> tuple[Try, ...]:
    settings = evidence.setting(_QUANTIZATION)
    if settings is None:
        return ()
    tries = []
    if not str(settings.get("scheme", "")).startswith("int8"):
        tries.append(Try("try_eight_bits", {f"{_QUANTIZATION}.scheme": "int8_weight_only"}))
    if not settings.get("aware") and evidence.setting("techniques.precision.mode") not in (
        "float8",
        "float8_simulated",
    ):
        tries.append(Try("try_training_for_it", {f"{_QUANTIZATION}.aware": True}))
    if settings.get("layers") == "all" and part.endswith((".attention", ".mlp")):
        rest = "mlp" if part.endswith(".attention") else "attention"
        tries.append(Try(f"try_rounding_{rest}", {f"{_QUANTIZATION}.layers": rest}))
    return tuple(tries)


ROUNDED_AWAY = Detector(
    name="rounded_away",
    label="Rounded away",
    measured="Of each part of each layer: the squares of an input channel's trained weights beside those of what "
    "rounding changed, in decibels, the usual channel's; a channel's largest weight beside the usual one's; how much "
    "of the risen loss on a thousand held-out tokens comes back when the part gets its trained weights back.",
    threshold="1 % more loss, from 5 % on a danger; a signal less than 10 dB above the noise; a channel 8 times as "
    "large as usual in a part whose signal is 6 dB (one bit) less above its noise than the usual part's.",
    why="Each bit is worth 6 dB: 8 bits leave 44 dB in nano, 4 bits 21, 2 bits 7, where noise has half the size of the "
    "signal. Channels of healthy runs reach twice the usual one. The limits are our own.",
    source="Dettmers et al.: LLM.int8() (2022), arXiv:2208.07339 (outliers); Zhang et al.: Towards Superior "
    "Quantization Accuracy: A Layer-sensitive Approach (2025), arXiv:2503.06518 (layers differ)",
    look=_look,
)
