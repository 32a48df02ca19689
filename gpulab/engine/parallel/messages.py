"""What agent and ranks tell each other: what to do, how it ended, and what all endings mean for the run."""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
import torch.distributed as dist

from gpulab.events.documents import RunEnded
from gpulab.spec.problem import Argument, BadInput, Problem

_KILL = 9  # SIGKILL, which Windows has no name for


class Assignment(msgspec.Struct, frozen=True):
    """What the agent tells each rank: the run, its own pid, where to leave how it ended, whence orders count."""

    run_dir: str
    agent_pid: int
    endings: str
    orders_from: int
    resume: bool


class Ending(msgspec.Struct, frozen=True):
    """What a rank left: the document it would close the run with, or why it could not begin.

    `bereft` is whether it ended only because another rank was gone.
    """

    rank: int
    at: float
    ended: RunEnded | None = None
    problems: tuple[Problem, ...] = ()
    bereft: bool = False

    @property
    def failed(self) -> bool:
        return bool(self.problems) or (self.ended is not None and self.ended.status == "failed")

    def result(self) -> RunEnded:
        """The closing document. Raises BadInput where there were problems instead."""
        if self.ended is None:
            raise BadInput(*self.problems)
        return self.ended


def leave(
    folder: Path, rank: int, ended: RunEnded | None, error: Exception | None = None, problems: tuple[Problem, ...] = ()
) -> None:
    """Leaves in `folder` how `rank` ended; `error` is what ended it, where something did."""
    ending = Ending(rank, time.time(), ended, problems, bereft=error is not None and _is_loss(error))
    draft = folder / f".{rank}"
    draft.write_bytes(msgspec.json.encode(ending))
    draft.replace(folder / f"rank-{rank}.json")


def _is_loss(error: BaseException) -> bool:
    """Whether `error`, or what it came from, is that a connection to another rank broke."""
    if isinstance(error, dist.DistError) or (isinstance(error, RuntimeError) and "gloo" in str(error)):
        return True
    return error.__cause__ is not None and _is_loss(error.__cause__)


def read(folder: Path) -> list[Ending]:
    """All endings in `folder`, the earliest first."""
    found = []
    for path in folder.glob("rank-*.json"):
        with suppress(msgspec.DecodeError):
            found.append(msgspec.json.decode(path.read_bytes(), type=Ending))
    return sorted(found, key=lambda ending: ending.at)


def verdict(
    endings: list[Ending], exit_codes: Mapping[int, int], workers: int, step: int, memory_ran_out: bool = False
) -> Ending:
    """What ended the run, from the strongest evidence to the weakest.

    `exit_codes` are those of ranks that failed, in the order in which that was noticed; negative ones are signals.
    `memory_ran_out` is whether the system has killed any process for memory meanwhile.
    """
    led = next((ending for ending in endings if ending.rank == 0), None)
    if led and not led.failed:
        return led
    failures = [ending for ending in endings if ending.failed]
    causes = [ending for ending in failures if not ending.bereft]
    if causes:
        return causes[0]
    lost = next(((rank, code) for rank, code in exit_codes.items() if code < 0), None)
    if lost is None and failures:
        return failures[0]
    rank, code = lost or next(iter(exit_codes.items()), (0, 0))
    known: dict[str, Argument] = {"rank": rank + 1, "workers": workers}
    if code == -_KILL and memory_ran_out:
        ended = RunEnded(status="failed", step=step, reason="worker_killed_for_memory", arguments=known)
    elif code < 0:
        ended = RunEnded(
            status="failed", step=step, reason="rank_killed", arguments=known | {"signal": _name_of(-code)}
        )
    else:
        ended = RunEnded(status="failed", step=step, reason="rank_crashed", arguments=known | {"exit_code": code})
    return Ending(rank, time.time(), ended)


def _name_of(number: int) -> str:
    with suppress(ValueError):
        return signal.Signals(number).name
    return f"signal {number}"
