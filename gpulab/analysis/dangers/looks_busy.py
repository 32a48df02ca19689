"""A GPU that looks busy and computes little: its utilization counts time in which anything ran, however small."""

from __future__ import annotations

from statistics import median

from gpulab.analysis.dangers.danger import Danger, Detector, Try
from gpulab.analysis.dangers.evidence import Evidence

_BUSY, _USEFUL, _LEAST = 80.0, 0.1, 5
_LARGEST_BATCH = 65536


def _look(evidence: Evidence) -> Danger | None:
    known, useful = evidence.points("gpu_busy_percent").known, evidence.summary.get("mfu")
    if len(known) < _LEAST or not isinstance(useful, int | float):
        return None
    busy = median(value for _, value in known)
    if busy < _BUSY or useful >= _USEFUL:
        return None
    figures: dict[str, float] = {"busy": round(busy), "useful": round(100.0 * useful, 1)}
    watts = [value for _, value in evidence.points("power_w").known]
    if watts:
        figures["watts"] = round(median(watts))
    key = "looks_busy_watts" if watts else "looks_busy"
    return Danger(key, "info", known[0][0], figures, "gpu_busy_percent", _tries(evidence))


def _tries(evidence: Evidence) -> tuple[Try, ...]:
    batch = evidence.setting("training.batch_size")
    if not isinstance(batch, int) or 4 * batch > _LARGEST_BATCH:
        return ()
    return (Try("try_larger_batch", {"training.batch_size": 4 * batch}, {"batch": 4 * batch}),)


LOOKS_BUSY = Detector(
    name="looks_busy",
    label="Slower than it looks",
    measured="The median of how busy the GPU says it is, beside the share of its datasheet's operations that the "
    "training used (MFU); its power is told with it.",
    threshold="80 % busy with an MFU below 10 %.",
    why="NVIDIA counts a GPU as busy while at least one kernel runs, also one that uses a hundredth of it. Well filled "
    "trainings of large GPTs reach an MFU of 20 to 50 %.",
    source="NVIDIA: NVML API reference, nvmlUtilization_t; Chowdhery et al.: PaLM (2022), arXiv:2204.02311 (MFU)",
    look=_look,
)
