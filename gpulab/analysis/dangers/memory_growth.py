"""Memory that grows from step to step, though every step needs the same: it ends when there is none left."""

from __future__ import annotations

from statistics import median

from gpulab.analysis.dangers.danger import Danger, Detector
from gpulab.analysis.dangers.evidence import Evidence

_SERIES = ("vram_allocated_bytes", "rss_bytes")
_WARM_UP, _LEAST, _SHARE, _LEAST_BYTES, _STEADY = 0.2, 15, 0.05, 64e6, 0.5


def _look(evidence: Evidence) -> Danger | None:
    found = (_grows(evidence, key) for key in _SERIES)
    return next((danger for danger in found if danger), None)


def _grows(evidence: Evidence, key: str) -> Danger | None:
    known = evidence.points(key).known
    known = known[int(_WARM_UP * len(known)) :]
    if len(known) < _LEAST:
        return None
    third = len(known) // 3
    parts = known[:third], known[third : 2 * third], known[-third:]
    first, middle, last = (median(size for _, size in part) for part in parts)
    grown = last - first
    if grown < max(_LEAST_BYTES, _SHARE * first) or last - middle < _STEADY * (middle - first) or middle <= first:
        return None
    apart = median(step for step, _ in parts[2]) - median(step for step, _ in parts[0])
    figures = {
        "megabytes": round(grown / 1e6),
        "per_step": round(grown / max(1.0, apart) / 1e6, 3),
        "step": known[0][0],
    }
    return Danger("memory_grows", "warning", known[0][0], figures, key)


MEMORY_GROWTH = Detector(
    name="memory_growth",
    label="Memory that grows",
    measured="Medians of three thirds of the memory readings after the first fifth of them.",
    threshold="The last third 5 % and 64 MB above the first, and not slower in its second half than half of the first.",
    why="The first steps reserve what all later ones use again. What goes on growing is kept by mistake; what only "
    "settles grows less and less.",
    source="PyTorch: Frequently Asked Questions, 'Don't accumulate history across your training loop'",
    look=_look,
)
