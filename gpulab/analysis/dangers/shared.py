"""A shared device: others hold memory on it, or had the processor while this training was ready to go on."""

from __future__ import annotations

from statistics import median

from gpulab.analysis.dangers.danger import Danger, Detector, Try
from gpulab.analysis.dangers.evidence import Evidence

_OTHERS_BYTES, _LEAST = 1.5e9, 3
_WAITED = ("run_waited_for_cores", "beside_comparison")


def _look(evidence: Evidence) -> Danger | None:
    for happening in evidence.happenings:
        if happening.key in _WAITED:
            return Danger("shared_processor", "warning", happening.step or 0, {}, "tokens_per_s")
    reserved = dict(evidence.points("vram_reserved_bytes").known)
    others = [
        (step, used - reserved[step]) for step, used in evidence.points("vram_used_bytes").known if step in reserved
    ]
    if len(others) < _LEAST or (middle := median(size for _, size in others)) < _OTHERS_BYTES:
        return None
    figures = {"gigabytes": round(middle / 1e9, 1)}
    return Danger("shared_gpu", "warning", others[0][0], figures, "vram_used_bytes", _tries(evidence))


def _tries(evidence: Evidence) -> tuple[Try, ...]:
    batch = evidence.setting("training.batch_size")
    if not isinstance(batch, int) or batch < 2:
        return ()
    return (Try("try_smaller_batch", {"training.batch_size": batch // 2}, {"batch": batch // 2}),)


SHARED = Detector(
    name="shared",
    label="Shared device",
    measured="Memory used on the GPU beyond what this training has reserved; notices of having waited for cores.",
    threshold="1.5 GB at the median of at least 3 readings.",
    why="A process needs a few hundred megabytes of its own on a GPU before its first tensor; more than that is "
    "somebody else's, who computes there too.",
    source="NVIDIA: NVML API reference, nvmlMemory_t (used, by all processes); PyTorch: CUDA semantics",
    look=_look,
)
