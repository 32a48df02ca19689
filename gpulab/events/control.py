"""What a person tells a running training: a line appended to the run's `control.jsonl`, read between steps."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Literal

import msgspec

Command = Literal["pause", "resume", "step", "save", "profile", "stop", "stop_and_save"]

PROFILED_STEPS = 5
"""So many steps are profiled where nobody says how many."""

MOST_PROFILED_STEPS = 100
"""More make a trace that no viewer opens."""

CONTROL = "control.jsonl"
_BEGIN = "control.begin"


class Order(msgspec.Struct, frozen=True):
    """One command, with the time it was given (seconds since the epoch); `profile` says of how many `steps`."""

    command: Command
    at: float
    steps: int = PROFILED_STEPS


def give(run_dir: Path, command: Command, steps: int = PROFILED_STEPS) -> None:
    """Appends `command`; a single write, so that orders of two windows never mix."""
    line = msgspec.json.encode(Order(command, time.time(), steps)) + b"\n"
    with (run_dir / CONTROL).open("ab", buffering=0) as file:
        file.write(line)


def begin(run_dir: Path) -> None:
    """Says that a worker is about to be started: orders given from now on are for it, even while it imports torch."""
    (run_dir / _BEGIN).write_text(str(_size(run_dir / CONTROL)), encoding="ascii")


class ControlReader:
    """Reads the orders given since the worker was launched, or since it was made where nobody called `begin`.

    `offset` says from which byte on instead, where another process of the same worker has found that out. Costs one
    `stat` where nothing is new.
    """

    def __init__(self, run_dir: Path, offset: int | None = None) -> None:
        self._path = run_dir / CONTROL
        self.profiled_steps = PROFILED_STEPS
        self.offset = min(_begun(run_dir / _BEGIN), _size(self._path)) if offset is None else offset

    def new_orders(self) -> list[Command]:
        """The commands that came since the last call; a line that is no order is passed over.

        `profiled_steps` is how many the newest order to profile asks for.
        """
        if _size(self._path) <= self.offset:
            return []
        with self._path.open("rb") as file:
            file.seek(self.offset)
            chunk = file.read()
        whole = chunk[: chunk.rfind(b"\n") + 1]
        self.offset += len(whole)
        orders = [order for line in whole.splitlines() if (order := _order(line))]
        for order in orders:
            if order.command == "profile":
                self.profiled_steps = max(1, min(order.steps, MOST_PROFILED_STEPS))
        return [order.command for order in orders]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _begun(path: Path) -> int:
    """What `begin` noted. It counts for one worker: the next that nobody launched must not take old orders."""
    try:
        offset = int(path.read_text(encoding="ascii"))
        path.unlink()
        return offset
    except (OSError, ValueError):
        return sys.maxsize


def _order(line: bytes) -> Order | None:
    try:
        return msgspec.json.decode(line, type=Order)
    except msgspec.DecodeError:
        return None
