"""Communication that eats the speed-up: workers wait for each other's gradients instead of computing."""

from __future__ import annotations

from statistics import median

from gpulab.analysis.dangers.danger import Danger, Detector, Severity, Try
from gpulab.analysis.dangers.evidence import Evidence

_LEAST = 5


def _look(evidence: Evidence) -> Danger | None:
    workers = evidence.setting("techniques.data_parallel.workers")
    known = evidence.points("exchange_share").known
    if not isinstance(workers, int) or workers < 2 or len(known) < _LEAST:
        return None
    share = median(value for _, value in known)
    gained = workers * (1.0 - share)  # at best: as if each did its part of a step in its part of the time
    if gained > 1.0 + (workers - 1) / 2:
        return None
    eaten = gained <= 1.0
    severity: Severity = "warning" if eaten else "info"
    figures = {"percent": round(100.0 * share), "workers": workers, "times": round(gained, 1)}
    key = "exchange_eats_all" if eaten else "exchange_eats_half"
    return Danger(key, severity, known[0][0], figures, "exchange_share", _tries(evidence))


def _tries(evidence: Evidence) -> tuple[Try, ...]:
    batch = evidence.setting("training.batch_size")
    larger = Try("try_larger_batch", {"training.batch_size": 4 * batch}, {"batch": 4 * batch}) if batch else None
    alone = Try("try_one_worker", {"techniques.data_parallel": False})
    return (larger, alone) if larger and 4 * batch <= 65536 else (alone,)


EXCHANGE = Detector(
    name="exchange",
    label="Communication eats the speed-up",
    measured="The share of the training's seconds in which the last gradients of a step travel, when nothing is left "
    "to compute; the median of at least 5 readings, on processors.",
    threshold="Where the workers could at best be as fast as one, times 1 less that share: half of what they should "
    "gain is gone; all of it is a warning.",
    why="Several workers gain what each of them spends computing. With 2 workers, half of the seconds spent waiting "
    "leave nothing, even if the machine had cores for both.",
    source="Li et al.: PyTorch Distributed (2020), arXiv:2006.15704 (gradients travel while the rest is computed; the "
    "last ones cannot)",
    look=_look,
)
