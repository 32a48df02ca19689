"""What runs are compared by: each figure of a summary declared once, with its unit and which way is better."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeGuard

import msgspec

from gpulab.spec.comparison import Part, Rules

Family = Literal["quality", "speed", "memory", "size", "energy", "money"]
Form = Literal["plain", "share", "rate", "bytes", "count", "seconds", "joules", "money"]
"""How a figure is written (`gpulab.analysis.figures`)."""

_REGIONS = 4.0
"""So many regions that count as none does an axis span at least."""


class Metric(msgspec.Struct, frozen=True):
    """A figure by which arms are compared. `label` is a phrase in plain words, `better` the good direction.

    `exact`: it does not vary between seeds, so one pair decides. `judged`: a verdict is given on it; the others are
    shown beside. `of_model`: it belongs to the model (its compressed part may have its own), else to the training.
    `primary` metrics share half of the error that a comparison may make.
    """

    key: str
    label: str
    unit: str
    form: Form
    family: Family
    better: Literal["lower", "higher"]
    exact: bool = False
    judged: bool = True
    of_model: bool = True
    primary: bool = False

    def least_span(self, rules: Rules, values: Iterable[float]) -> float:
        """What an axis with `values` spans at least: a difference that counts as none must not look large."""
        return _REGIONS * self.region(rules) * max(map(abs, values), default=0.0)

    def region(self, rules: Rules) -> float:
        """The relative difference (0.005 is half a percent) that counts as none."""
        by_family = {"quality": rules.equal_quality, "memory": rules.equal_memory, "size": rules.equal_size}
        return by_family.get(self.family, rules.equal_speed) / 100.0


METRICS: tuple[Metric, ...] = (
    Metric("test_bits_per_byte", "Bits per byte", "bits/byte", "plain", "quality", "lower", primary=True),
    Metric("test_accuracy", "Next guess right", "", "share", "quality", "higher", judged=False),
    Metric("test_perplexity", "Perplexity", "", "plain", "quality", "lower", judged=False),
    Metric("tokens_per_s", "Training speed", "tokens/s", "rate", "speed", "higher", of_model=False),
    Metric("train_seconds", "Training time", "s", "seconds", "speed", "lower", judged=False, of_model=False),
    Metric("mfu", "Of the datasheet's peak (MFU)", "", "share", "speed", "higher", judged=False, of_model=False),
    Metric("ceiling_share", "Of the measured ceiling", "", "share", "speed", "higher", judged=False, of_model=False),
    Metric("inference_tokens_per_s", "Writing speed", "tokens/s", "rate", "speed", "higher"),
    Metric("forward_tokens_per_s", "Reading speed", "tokens/s", "rate", "speed", "higher", judged=False),
    Metric("peak_memory_bytes", "Peak memory", "B", "bytes", "memory", "lower", of_model=False),
    Metric("tensor_peak_bytes", "Tensors at their peak", "B", "bytes", "memory", "lower", True, False, of_model=False),
    Metric("model_bytes", "Size on disk", "B", "bytes", "size", "lower", exact=True),
    Metric("parameters", "Parameters", "", "count", "size", "lower", exact=True, judged=False),
    Metric("energy_joules", "Energy of training", "J", "joules", "energy", "lower", judged=False, of_model=False),
)

BY_KEY: Mapping[str, Metric] = {metric.key: metric for metric in METRICS}


def figures_of(summary: Mapping[str, Any], part: Part) -> dict[str, float]:
    """The metrics that a run's summary tells about `part`; what it does not tell, or tells oddly, is left out."""
    model = model_of(summary, part)
    found = {metric.key: (model if metric.of_model else summary).get(metric.key) for metric in METRICS}
    return {key: float(value) for key, value in found.items() if is_number(value)}


def model_of(summary: Mapping[str, Any], part: Part) -> Mapping[str, Any]:
    """What a run's summary tells about the model that is `part` of it."""
    compressed = summary.get("compressed") if part == "final" else None
    return compressed if compressed and isinstance(compressed, Mapping) else summary


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a record's `value` is a figure: records may come from elsewhere and say anything."""
    return isinstance(value, int | float) and not isinstance(value, bool)
