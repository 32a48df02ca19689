"""A batch is tried in a process of its own: whatever becomes of it, the job and the machine go on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from types import TracebackType
from typing import IO, Literal

import msgspec
import psutil

from gpulab.engine.jobs.workplace import Workplace
from gpulab.hardware.free import free_memory_bytes
from gpulab.hardware.machine import this_machine
from gpulab.spec.jobs import FindBatch

Name = Literal["fits", "too_big", "too_big_by_estimate", "too_slow", "broke"]

COMMAND = (sys.executable, "-m", "gpulab.engine.jobs.attempt")
_LOOK_S = 0.02
_GIVE_UP_S = 300.0  # for one batch, compiling included


class Outcome(msgspec.Struct, frozen=True):
    """What became of one batch. The figures are those of the steps after warming up; 0 where there are none."""

    name: Name
    tokens_per_s: float = 0.0
    peak_bytes: int = 0
    step_s: float = 0.0
    error: str = ""


class AttemptBroke(Exception):
    """Training on a batch failed for a reason that is not memory."""


class Attempts:
    """Tries batches in a child process, and a fresh one after each that did not fit. To be used in a `with` block."""

    def __init__(self, place: Workplace, settings: FindBatch) -> None:
        self._place, self._settings = place, settings
        self._on_cpu = place.device.type == "cpu"
        self._child: subprocess.Popen[bytes] | None = None
        self._heard = b""
        self.budget_bytes = self._budget()

    def __enter__(self) -> Attempts:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def train(self, batch: int) -> Outcome:
        """Trains a few steps on `batch`. Raises Stopped where an end was asked for, AttemptBroke on a failure."""
        child = self._child or self._begin()
        try:
            assert child.stdin is not None
            child.stdin.write(f"{batch}\n".encode())
            child.stdin.flush()
            outcome = self._answer(child)
        except BrokenPipeError:
            outcome = None
        if outcome is None:  # it died of its memory, by our hand or the system's
            self._end()
            return Outcome("too_big")
        if outcome.name == "broke":
            raise AttemptBroke(outcome.error)
        if outcome.name != "fits":
            self._end()
        return outcome

    def _answer(self, child: subprocess.Popen[bytes]) -> Outcome | None:
        deadline = time.monotonic() + _GIVE_UP_S
        while True:
            line, newline, rest = self._heard.partition(b"\n")
            if newline:
                self._heard = rest
                with suppress(msgspec.DecodeError):  # somebody else's chatter
                    return msgspec.json.decode(line, type=Outcome)
                continue
            if not self._listen(child):
                return None
            self._place.check()
            if time.monotonic() > deadline:
                return Outcome("too_slow")
            if self._on_cpu and _resident_bytes(child.pid) > self.budget_bytes:
                return None

    def _listen(self, child: subprocess.Popen[bytes]) -> bool:
        """Waits a moment for more; False where the child is gone and has said all it had to say."""
        assert child.stdout is not None
        gone = child.poll() is not None
        with suppress(BlockingIOError):
            if heard := os.read(child.stdout.fileno(), 65536):
                self._heard += heard
                return True
        if not gone:
            time.sleep(_LOOK_S)
        return not gone

    def _begin(self) -> subprocess.Popen[bytes]:
        command = [*COMMAND, str(self._place.folder), str(self.budget_bytes)]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert child.stdout is not None
        os.set_blocking(child.stdout.fileno(), False)
        self._child, self._heard = child, b""
        return child

    def _end(self) -> None:
        if self._child is None:
            return
        self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            _close(pipe)
        self._child = None

    def _budget(self) -> int:
        """Bytes that one attempt may take: of what is free here, or of what the GPU has."""
        gpu = this_machine().gpu(str(self._place.device))
        free = gpu.memory_bytes if gpu else free_memory_bytes()
        return int(free * self._settings.memory_share)


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is not None:
        with suppress(OSError):
            pipe.close()


def _resident_bytes(pid: int) -> int:
    with suppress(psutil.Error):
        return int(psutil.Process(pid).memory_info().rss)
    return 0
