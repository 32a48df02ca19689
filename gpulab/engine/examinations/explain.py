"""Can the model be explained by where it looks? And how much of it is dead?"""

from __future__ import annotations

from typing import cast

from gpulab.engine.examinations.examination import Examination, Found, Subject
from gpulab.engine.model import GPT
from gpulab.engine.probes.explaining import counts, explain


def _examine(subject: Subject) -> Found | None:
    """Figures of all heads and units, and of each: `layer.1.head.0` counts from 0. None without attention."""
    found = explain(cast(GPT, subject.model), subject.held_out, subject.context)
    if found is None:
        return None
    dead, redundant = counts(found.heads)
    values: dict[str, float] = {
        "agreement": found.agreement,
        "best_agreement": max(head.agreement for head in found.heads),
        "heads": len(found.heads),
        "dead_heads": dead,
        "redundant_heads": redundant,
        "units": sum(units for units, _ in found.units),
        "dead_units": sum(gone for _, gone in found.units),
    }
    parts: dict[str, dict[str, float]] = {
        f"layer.{layer}": {"units": units, "dead_units": gone} for layer, (units, gone) in enumerate(found.units)
    }
    for head in found.heads:
        parts[f"layer.{head.layer}.head.{head.head}"] = {
            "agreement": head.agreement,
            "added": head.added,
            "one_place": head.one_place,
            "overlap": head.overlap,
        }
    return Found(values, parts)


EXPLAIN = Examination("explain", "what explains the model", "end", _examine)
