"""Whether the system killed a process for memory can only be told from counters read before and after."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_COUNTERS = (Path("/proc/vmstat"), Path("/sys/fs/cgroup/memory.events"))


def oom_kills() -> int:
    """How many processes the system has killed for memory so far; 0 where it does not tell."""
    found = 0
    for path in _COUNTERS:
        with suppress(OSError, ValueError):
            lines = dict(line.split(maxsplit=1) for line in path.read_text(encoding="ascii").splitlines())
            found += int(lines.get("oom_kill", 0))
    return found
