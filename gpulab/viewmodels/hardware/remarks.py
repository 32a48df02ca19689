"""What the page has to remark on the machine at this moment: each thing once, the gravest first, until it is over."""

from __future__ import annotations

from gpulab.hardware.readings import Reading
from gpulab.spec.problem import Problem

_SEVERITY = {"gpu_gone": "danger", "memory_short": "warning", "nvml_failed": "warning", "no_nvml": "warning"}
_ORDER = ("danger", "warning", "good", "info")
_MEMORY_FINE = 0.95

Remark = tuple[str, Problem]
"""A severity and what is said."""


class Remarks:
    """Takes in readings one after the other."""

    def __init__(self) -> None:
        self._standing: dict[tuple[str, object], Remark] = {}

    def take(self, reading: Reading) -> tuple[Remark, ...]:
        """What stands after `reading`."""
        for notice in reading.notices:
            self._take(notice)
        used, total = reading.host.memory_used_bytes, reading.host.memory_total_bytes
        if used is not None and total and used < _MEMORY_FINE * total:
            self._standing.pop(("memory_short", None), None)
        return tuple(sorted(self._standing.values(), key=lambda remark: _ORDER.index(remark[0])))

    def _take(self, notice: Problem) -> None:
        which = notice.arguments.get("index")
        if notice.key == "gpu_back":
            self._standing.pop(("gpu_gone", which), None)
            self._standing[notice.key, which] = ("good", notice)
            return
        if notice.key == "gpu_gone":
            self._standing.pop(("gpu_back", which), None)
        self._standing[notice.key, which] = (_SEVERITY.get(notice.key, "info"), notice)
