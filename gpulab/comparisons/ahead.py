"""What lies ahead of a comparison until its next look: runs, and the time that they take."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from gpulab.comparisons import course
from gpulab.runs.digest import Digest
from gpulab.runs.state import ACTIVE, RunState
from gpulab.spec.comparison import Comparison


class Ran(msgspec.Struct, frozen=True):
    """The run of an arm: when the conductor made it, and what it has said."""

    at: float
    run_dir: Path
    digest: Digest
    state: RunState


def planned_runs(
    comparison: Comparison, complete: int, states: course.States, seeds: Sequence[int]
) -> list[tuple[str, int]]:
    """Runs until the next look: those of the first seeds, then one seed at a time. Given-up arms make no more."""
    until = min(max(comparison.rules.least_seeds, complete + 1), len(seeds))
    return [
        (arm, seed)
        for arm in course.running_arms(comparison)
        for number, seed in enumerate(seeds[:until])
        if (arm, seed) in states or not course.given_up(arm, seeds[:number], states)
    ]


def seconds_left(ran: Mapping[tuple[str, int], Ran], missing: Sequence[tuple[str, int]]) -> float | None:
    """What the `missing` runs take: as long as those of their arm, or else as all; the first at its own pace so far.

    Runs that were interrupted tell nothing: how long nobody was at work on them would count as theirs.
    """
    spent: dict[str, list[float]] = {}
    for (arm, _), one in ran.items():
        if one.digest.status == "done" and one.digest.ended_at > one.at and one.digest.endings == 1:
            spent.setdefault(arm, []).append(one.digest.ended_at - one.at)
    going = next((one for one in reversed(list(ran.values())) if one.state in ACTIVE), None)
    passed = _passed(going) if going else 0.0
    if spent:
        usual = statistics.fmean(seconds for of_arm in spent.values() for seconds in of_arm)
    elif going and going.digest.step and going.digest.steps:
        steps_left = max(0, going.digest.steps - going.digest.step)
        usual = passed + steps_left * going.digest.seconds / going.digest.step
    else:
        return None
    each = [statistics.fmean(spent[arm]) if arm in spent else usual for arm, _ in missing]
    return max(0.0, sum(each) - min(passed, max(each, default=0.0)))


def _passed(going: Ran) -> float:
    """How long somebody has been at work on the run, in seconds; of one that was interrupted, how long it trained."""
    return going.digest.seconds if going.digest.endings else max(0.0, time.time() - going.at)
