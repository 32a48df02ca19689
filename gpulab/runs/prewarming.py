"""Keeps one worker ready, with torch imported, so that pressing Run does not begin with a wait."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress

import msgspec

COMMAND = (sys.executable, "-m", "gpulab.engine.worker", "--wait")


class Prewarmed:
    """At most one waiting worker. Whoever owns this calls `close` in the end; if it dies first, the worker ends too.

    A worker's environment is fixed when torch is imported, so it is only handed over to a run that needs the same.
    """

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = command
        self._child: subprocess.Popen[bytes] | None = None
        self._environment: Mapping[str, str] = {}
        self._changing = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The waiting worker's process, None while there is none."""
        return self._child.pid if self._child else None

    def warm(self, environment: Mapping[str, str]) -> None:
        """Starts a worker for runs that need `environment`, unless one waits. Call while nothing is measured."""
        with self._changing:
            if self._waits() and self._environment == environment:
                return
            self._drop()
            self._environment = dict(environment)
            with suppress(OSError):  # then the run starts its worker itself, and says what is wrong
                self._child = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=self._environment,
                    start_new_session=True,
                )

    def take(self, environment: Mapping[str, str], arguments: Sequence[str]) -> subprocess.Popen[bytes] | None:
        """Hands `arguments` to the waiting worker, the run's from now on; None where there is none that fits."""
        with self._changing:
            if not self._waits() or self._environment != environment:
                return None
            child, self._child = self._child, None
            assert child is not None
            assert child.stdin is not None
            try:
                with child.stdin as ear:
                    ear.write(msgspec.json.encode(list(arguments)) + b"\n")
            except OSError:
                child.kill()
                child.wait()
                return None
            return child

    def close(self) -> None:
        """Lets the waiting worker go."""
        with self._changing:
            self._drop()

    def _waits(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def _drop(self) -> None:
        if self._child is None:
            return
        assert self._child.stdin is not None
        with suppress(OSError):
            self._child.stdin.close()
        try:
            self._child.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._child = None
