"""Where a running training takes orders: between two steps it looks whether anybody asked for something."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Literal

from gpulab.events.control import Command, ControlReader

Outcome = Literal["go_on", "stop", "stop_and_save"]
_LOOK_S = 0.02


class Stopped(Exception):
    """An end was asked for while something other than a step was going on."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class Desk:
    """Keeps what was asked for. A polite termination signal counts as an order to stop and save.

    `profile_wanted` is of how many steps a profile is wanted.
    """

    def __init__(self, run_dir: Path, orders_from: int | None = None) -> None:
        self._reader = ControlReader(run_dir, orders_from)
        self.terminated = False
        self.paused = False
        self.save_wanted = False
        self.profile_wanted = 0
        self._steps_allowed = 0

    def listen_to_signals(self) -> None:
        """From now on SIGTERM and SIGINT end the training at the next step."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._terminate)

    @property
    def orders_from(self) -> int:
        """The byte of the run's orders from which on none has been read."""
        return self._reader.offset

    def look(self) -> Outcome:
        """Reads new orders. Afterwards `paused` says whether the next step must wait."""
        if self.terminated:
            return "stop_and_save"
        for command in self._reader.new_orders():
            if command in ("stop", "stop_and_save"):
                return command
            self._take(command)
        return "go_on"

    def go_on(self) -> None:
        """For whatever takes long between two steps: raises Stopped where an end was asked for."""
        outcome = self.look()
        if outcome != "go_on":
            raise Stopped(outcome)

    def may_step(self) -> bool:
        """Whether a step may be made now; a single step that was asked for is used up by this."""
        if not self.paused:
            return True
        if self._steps_allowed:
            self._steps_allowed -= 1
            return True
        return False

    def take_profile(self) -> int:
        """How many steps are to be profiled; the order is used up by this."""
        steps, self.profile_wanted = self.profile_wanted, 0
        return steps

    def wait(self) -> None:
        """A short sleep between two looks while paused."""
        time.sleep(_LOOK_S)

    def _take(self, command: Command) -> None:
        match command:
            case "pause":
                self.paused = True
            case "resume":
                self.paused, self._steps_allowed = False, 0
            case "step":
                self.paused = True
                self._steps_allowed += 1
            case "save":
                self.save_wanted = True
            case "profile":
                self.profile_wanted = self._reader.profiled_steps

    def _terminate(self, number: int, frame: object) -> None:
        self.terminated = True
