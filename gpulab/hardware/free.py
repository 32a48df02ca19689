"""How much memory may be taken right now without anybody else on the machine noticing."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_GROUP = Path("/sys/fs/cgroup")


def free_memory_bytes(group: Path = _GROUP) -> int:
    """Bytes that are free or can be freed at once; of a container's allowance (`group`) where that is less."""
    import psutil

    free = int(psutil.virtual_memory().available)
    with suppress(OSError, ValueError):  # no container, or one without a limit ("max")
        allowed = int((group / "memory.max").read_text(encoding="ascii"))
        used = int((group / "memory.current").read_text(encoding="ascii"))
        free = min(free, max(allowed - used, 0))
    return free


def memory_limit_bytes(group: Path = _GROUP) -> int:
    """All the memory there is to take: the machine's, or a container's allowance (`group`) where that is less."""
    import psutil

    total = int(psutil.virtual_memory().total)
    with suppress(OSError, ValueError):
        total = min(total, int((group / "memory.max").read_text(encoding="ascii")))
    return total
