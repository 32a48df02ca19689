"""What only reads may fail, and the training must not notice: a probe that raises is switched off and said so."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from typing import TypeVar

from gpulab.events.documents import Notice

T = TypeVar("T")


class Guard:
    """Calls probes by name. Safe to use from several threads.

    The first time that one raises, `emit` gets a notice with its name and the error, worker.log gets the details, and
    from then on it is off.
    """

    def __init__(self, emit: Callable[[Notice], None]) -> None:
        self._emit = emit
        self._off: set[str] = set()
        self._lock = threading.Lock()

    def on(self, probe: str) -> bool:
        """Whether `probe` has not failed so far."""
        return probe not in self._off

    def call(self, probe: str, read: Callable[[], T], otherwise: T) -> T:
        """What `read` returns; `otherwise` where it raises, or where this probe raised before."""
        if probe in self._off:
            return otherwise
        try:
            return read()
        except Exception as error:  # whatever it is: the training is worth more than its figures
            self._switch_off(probe, error)
            return otherwise

    def _switch_off(self, probe: str, error: Exception) -> None:
        with self._lock:
            if probe in self._off:
                return
            self._off.add(probe)
        traceback.print_exception(error, file=sys.stderr)
        lines = str(error).strip().splitlines()
        detail = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
        self._emit(Notice(key="probe_failed", severity="warning", arguments={"probe": probe, "error": detail}))
