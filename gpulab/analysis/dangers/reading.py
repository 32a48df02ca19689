"""What several rules read of a run in the same way: levels that no single step moves, and changes that can be made."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from gpulab.analysis.dangers.danger import Try
from gpulab.analysis.dangers.evidence import Evidence

_LAST = 20
_LEAST_RATE, _HIGHEST_RATE = 1e-8, 10.0


def level(evidence: Evidence, step: int | None = None) -> float | None:
    """The training loss around `step` (the newest where None): the median of up to 20 steps that end there."""
    known = evidence.points("train_loss").known
    values = [value for at, value in known if step is None or at <= step][-_LAST:]
    return statistics.median(values) if values else None


def spread(values: Sequence[float]) -> float:
    """The median absolute deviation, scaled to a normal distribution's standard deviation."""
    middle = statistics.median(values)
    return 1.4826 * statistics.median(abs(value - middle) for value in values)


def over(evidence: Evidence) -> bool:
    """Whether all steps were made, or the run was done before."""
    return evidence.status == "done" or (evidence.step >= evidence.steps > 0)


def rate_times(evidence: Evidence, factor: float) -> tuple[Try, ...]:
    """The learning rate times `factor`; nothing where that is out of its range, or no rate is known."""
    rate = evidence.setting("training.learning_rate")
    if not isinstance(rate, int | float):
        return ()
    new = float(f"{rate * factor:.3g}")
    if not _LEAST_RATE <= new <= _HIGHEST_RATE:
        return ()
    key = "try_lower_rate" if factor < 1.0 else "try_higher_rate"
    return (Try(key, {"training.learning_rate": new}, {"rate": new}),)


def switch_on(evidence: Evidence, technique: str, settings: Mapping[str, Any] | None = None) -> tuple[Try, ...]:
    """`technique` with `settings`; nothing where it is on already."""
    if evidence.setting(f"techniques.{technique}") is not None:
        return ()
    inner = {f"techniques.{technique}.{name}": value for name, value in (settings or {}).items()}
    return (Try(f"try_{technique}", {f"techniques.{technique}": True, **inner}),)


def warm_up(evidence: Evidence) -> tuple[Try, ...]:
    """A warm-up over a tenth of the steps, its schedule as it is; nothing where there is a longer one, or no room."""
    steps = max(1, evidence.steps // 10)
    schedule = evidence.setting("techniques.schedule")
    if steps >= evidence.steps or (schedule and schedule.get("shape") == "one_cycle"):
        return ()
    if schedule and schedule.get("warmup_steps", 0) >= steps:
        return ()
    begun = {} if schedule else {"techniques.schedule": True, "techniques.schedule.shape": "constant"}
    return (Try("try_warm_up", {**begun, "techniques.schedule.warmup_steps": steps}, {"steps": steps}),)


_PARTS = {"attention": "attention", "mlp": "feed-forward part"}


def place(part: str) -> dict[str, Any]:
    """A part such as `blocks.0.mlp` in words: `layer` (from 1) and `part`."""
    _, index, *rest = part.split(".")
    return {"layer": int(index) + 1, "part": _PARTS.get(".".join(rest), "mixing")}
