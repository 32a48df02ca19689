"""What the status bar says of a run: its state, how far it is, how long it still takes."""

from __future__ import annotations

import msgspec

from gpulab.viewmodels.record import RunRecord, State

Mark = str

MARKS: dict[State, Mark] = {
    "queued": "…",
    "starting": "◌",
    "preparing": "◌",
    "training": "▶",
    "paused": "‖",
    "compressing": "◍",
    "judging": "◍",
    "done": "✓",
    "stopped": "■",
    "failed": "✕",
    "vanished": "?",
}
"""A mark for each state, so that neither colour nor language has to be read."""


class Status(msgspec.Struct, frozen=True):
    """`seconds_left` is None where it is not known; `share` is the part that is done, 0 to 1."""

    name: str
    state: State
    step: int
    steps: int
    share: float
    seconds_left: float | None


def status_of(run: RunRecord) -> Status:
    """Where `run` stands now."""
    steps = run.steps
    share = min(1.0, run.step / steps) if steps else 0.0
    return Status(run.name, run.state, run.step, steps, share, seconds_left(run))


def seconds_left(run: RunRecord) -> float | None:
    """Seconds until the last step at the measured pace; None where nothing was measured or nothing is left."""
    pace = run.steps_per_s
    if pace is None or not run.steps or run.state not in ("training", "paused"):
        return None
    return max(0.0, (run.steps - run.step) / pace)
