"""Stopping must always succeed, yet a training that can still save itself must be left the time to."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from gpulab.events.control import Command, give
from gpulab.events.documents import RunEnded
from gpulab.runs.digest import Digest
from gpulab.runs.recovery import close_if_vanished
from gpulab.runs.workers import WorkerProcess

Stage = Literal["asked", "terminated", "killed"]

_ASK_S = 20.0
_TERMINATE_S = 10.0
_KILL_S = 10.0
_STEPS_OF_PATIENCE = 5


def ask_s(digest: Digest) -> float:
    """How long a worker may take to obey: orders are read between steps, so slow steps need more patience."""
    step_s = digest.seconds / digest.step if digest.step else 0.0
    return _ASK_S + _STEPS_OF_PATIENCE * step_s


class Stopping:
    """Stops one worker by degrees: an order, then SIGTERM, then SIGKILL. `tick` never waits."""

    def __init__(
        self,
        run_dir: Path,
        worker: WorkerProcess,
        command: Command = "stop_and_save",
        ask_s: float = _ASK_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stage: Stage = "asked"
        self._worker = worker
        self._clock = clock
        self._next_at = clock() + ask_s
        give(run_dir, command)

    def tick(self) -> bool:
        """Takes the next measure where the last one has had its time. True once the worker is gone."""
        if not self._worker.alive:
            return True
        if self._clock() >= self._next_at:
            self.press()
        return False

    def press(self) -> None:
        """Takes the next measure at once: a person who presses Stop again has waited long enough."""
        if self.stage == "asked":
            self._worker.terminate()
            self.stage, self._next_at = "terminated", self._clock() + _TERMINATE_S
        else:
            self._worker.kill()
            self.stage, self._next_at = "killed", self._clock() + _KILL_S


def stop(
    run_dir: Path, worker: WorkerProcess, command: Command = "stop_and_save", ask_s: float = _ASK_S
) -> RunEnded | None:
    """Stops `worker` and waits until it is gone. Returns the ending written for it where it could write none itself."""
    stopping = Stopping(run_dir, worker, command, ask_s)
    while not stopping.tick():
        time.sleep(0.05)
    return close_if_vanished(run_dir, worker.exit_code)
