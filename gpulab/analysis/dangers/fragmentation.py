"""Memory in pieces: PyTorch holds memory of the GPU that it can neither use for a tensor nor give back."""

from __future__ import annotations

from statistics import median

from gpulab.analysis.dangers.danger import Danger, Detector
from gpulab.analysis.dangers.evidence import Evidence
from gpulab.analysis.dangers.reading import switch_on

_SHARE, _LEAST_BYTES, _LEAST = 0.25, 1e9, 3


def _look(evidence: Evidence) -> Danger | None:
    pieces = evidence.points("mem_fragmentation").known
    held = [size for _, size in evidence.points("vram_reserved_bytes").known]
    if len(pieces) < _LEAST or not held:
        return None
    lost, reserved = median(size for _, size in pieces[-_LEAST:]), max(held)
    if lost < max(_LEAST_BYTES, _SHARE * reserved):
        return None
    figures = {
        "gigabytes": round(lost / 1e9, 1),
        "reserved": round(reserved / 1e9, 1),
        "percent": round(100 * lost / reserved),
    }
    first = next(step for step, size in pieces if size >= max(_LEAST_BYTES, _SHARE * reserved))
    return Danger("fragmented", "warning", first, figures, "mem_fragmentation", switch_on(evidence, "allocator"))


FRAGMENTATION = Detector(
    name="fragmentation",
    label="Memory in pieces",
    measured="Bytes of the GPU in pieces that are split, hold no tensor and cannot be given back, beside all that "
    "PyTorch has reserved; the median of the last three looks.",
    threshold="A quarter of what is reserved, and 1 GB.",
    why="Between two steps PyTorch keeps much memory for the next one, which is no loss: whole pieces can be given "
    "back. Split ones cannot, and a large tensor finds no room although there is enough. The limit is our own.",
    source="PyTorch: torch.cuda.memory_stats, inactive_split_bytes (inactive, non-releasable memory), "
    "https://docs.pytorch.org/docs/stable/generated/torch.cuda.memory.memory_stats.html",
    look=_look,
)
