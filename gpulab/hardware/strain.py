"""Whether a process had its machine to itself: a speed that was measured beside other work says nothing of the model.

On Linux the kernel counts, for each thread, how long it ran and how long it stood ready with no core free for it
(`/proc/PID/task/TID/schedstat`), and how long the processor was slowed down by its own heat. An NVIDIA GPU says by
itself why its clock is low. Where nothing of this is told, nothing is held against the process.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

_PROC = Path("/proc")
_CPUS = Path("/sys/devices/system/cpu")
WAITED, THROTTLED = "run_waited_for_cores", "run_throttled"

MOST_WAITING = 0.2
"""Of the time in which it could have computed: a process that waited longer had no fair share of the machine."""

MOST_THROTTLED = 0.1
"""Of the time that was looked at."""


class Strain:
    """Watches the process `pid` and those it starts, on `gpu` (an index as PyTorch counts) where it computes on one.

    Call `look` about once a second from when it begins what is measured: what was before the first look does not count.
    `complaint` is the key of what was unfair, empty for fair.
    """

    def __init__(self, pid: int, gpu: int | None = None, proc: Path = _PROC, cpus: Path = _CPUS) -> None:
        self._pid, self._gpu, self._proc, self._cpus = pid, gpu, proc, cpus
        self._before: dict[str, tuple[int, int]] = {}
        self._threads: dict[str, tuple[int, int]] = {}
        self._began, self._slow_before = 0.0, 0
        self._slow = self._looks = self._gpu_slow = 0

    def look(self) -> None:
        """Notes how things stand now. Costs about a millisecond."""
        for pid in self._family():
            for path in (self._proc / str(pid) / "task").glob("*/schedstat"):
                with suppress(OSError, ValueError):  # a thread that has just ended
                    ran, waited, *_ = map(int, path.read_text(encoding="ascii").split())
                    self._threads[str(path)] = (ran, waited)
        if not self._looks:
            self._before = dict(self._threads)
            self._began, self._slow_before = time.monotonic(), self._slowed_ms()
        self._slow = max(self._slow, self._slowed_ms() - self._slow_before)
        self._looks += 1
        self._gpu_slow += self._gpu is not None and _gpu_is_slowed(self._gpu)

    @property
    def waiting_share(self) -> float:
        """Of the time that its threads ran or could have run, how much they waited for a core."""
        ran, waited = (
            sum(now[kind] - self._before.get(thread, (0, 0))[kind] for thread, now in self._threads.items())
            for kind in (0, 1)
        )
        return waited / (ran + waited) if ran + waited else 0.0

    @property
    def throttled_share(self) -> float:
        """Of the time, how much the processor or the GPU was slowed down by heat or for want of power."""
        passed_ms = max(1.0, 1000.0 * (time.monotonic() - self._began))
        return max(self._slow / passed_ms, self._gpu_slow / max(1, self._looks))

    @property
    def complaint(self) -> str:
        if self.throttled_share > MOST_THROTTLED:
            return THROTTLED
        return WAITED if self.waiting_share > MOST_WAITING else ""

    def _family(self) -> list[int]:
        """The process and its descendants."""
        found, new = [self._pid], [self._pid]
        while new:
            children = []
            for pid in new:
                for path in (self._proc / str(pid) / "task").glob("*/children"):
                    with suppress(OSError, ValueError):
                        children += [int(word) for word in path.read_text(encoding="ascii").split()]
            new = [pid for pid in children if pid not in found]
            found += new
        return found

    def _slowed_ms(self) -> int:
        """How long the processor's most slowed package was held back since the system began; 0 where nobody tells."""
        slowed = 0
        for path in self._cpus.glob("cpu[0-9]*/thermal_throttle/package_throttle_total_time_ms"):
            with suppress(OSError, ValueError):
                slowed = max(slowed, int(path.read_text(encoding="ascii")))
        return slowed


def _gpu_is_slowed(index: int) -> bool:
    """Whether heat, or want of power, holds the clock of a GPU down now. A driver that does not say says no."""
    import pynvml

    from gpulab.hardware.nvidia import visible_handles
    from gpulab.hardware.nvml import HELD_BACK, throttle_reasons

    nvml: Any = pynvml
    try:
        nvml.nvmlInit()
        return not HELD_BACK.isdisjoint(throttle_reasons(nvml, visible_handles(nvml)[index]))
    except (nvml.NVMLError, IndexError):
        return False
