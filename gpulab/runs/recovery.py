"""A worker that was killed cannot say so, and therefore whoever notices ends its run."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

from gpulab.events.documents import RunEnded
from gpulab.events.log import EventLog
from gpulab.runs.folder import remove_drafts
from gpulab.runs.launcher import LOG
from gpulab.runs.memory import oom_kills
from gpulab.runs.reading import digest_of
from gpulab.runs.state import owes_ending, state_of
from gpulab.runs.workers import launched
from gpulab.spec.problem import Argument, BadInput

_LOG_BYTES = 4000
_LOG_LINES = 12


def close_if_vanished(run_dir: Path, exit_code: int | None = None) -> RunEnded | None:
    """Ends the run of a worker that is gone; returns the document it wrote, or None where there was nothing to end.

    `exit_code` is the worker's, where the caller started it. Two processes may notice at once: one gets the lock, the
    other finds the run ended. A damaged record is left as it is: nothing is appended behind the damage.
    """
    if state_of(run_dir) != "vanished":
        return None
    try:
        with EventLog(run_dir) as log:
            digest = digest_of(run_dir)
            if digest.problem or not owes_ending(run_dir, digest):
                return None
            reason, arguments = _why(run_dir, exit_code)
            ended = RunEnded(status="vanished", step=digest.step, reason=reason, arguments=arguments)
            log.append([ended])
            remove_drafts(run_dir)
            return ended
    except (BadInput, OSError):  # somebody else took it up first, or the folder can only be read
        return None


def _why(run_dir: Path, exit_code: int | None) -> tuple[str, dict[str, Argument]]:
    """The reason's key with its arguments, from the strongest evidence to the weakest."""
    noted = launched(run_dir)
    tail = _tail(run_dir / LOG)
    arguments: dict[str, Argument] = {"log": tail}
    if "out of memory" in tail or "MemoryError" in tail:
        return "worker_out_of_memory", arguments
    if noted and oom_kills() > noted.oom_kills and exit_code in (None, -9):
        return "worker_killed_for_memory", arguments
    if exit_code is None:
        return "worker_vanished", arguments
    if exit_code < 0:
        return "worker_killed", {**arguments, "signal": _signal_name(-exit_code)}
    return "worker_crashed", {**arguments, "exit_code": exit_code}


def _signal_name(number: int) -> str:
    with suppress(ValueError):
        return signal.Signals(number).name
    return f"signal {number}"


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LOG_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.strip().splitlines()[-_LOG_LINES:])
