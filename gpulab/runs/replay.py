"""A recorded run is watched as it ran: its documents arrive with the timing they had."""

from __future__ import annotations

import time
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable
from itertools import accumulate, islice, pairwise
from pathlib import Path

from gpulab.events.documents import AnyDocument, RunEnded
from gpulab.events.reader import Reader
from gpulab.spec.problem import BadInput, Problem, refuse

LONGEST_GAP_S = 5.0


class Replay:
    """Gives the documents of a record as their time comes; asks for a batch with `poll`, like a Follower.

    `times` are those of all `documents`, which are only drawn when they are due: a long record is never held whole.
    `speed` 2 is twice as fast as it ran. A gap of more than `longest_gap_s` (a night's pause) is cut to that.
    """

    def __init__(
        self,
        times: Iterable[float],
        documents: Iterable[AnyDocument],
        speed: float = 1.0,
        longest_gap_s: float = LONGEST_GAP_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        gaps = (min(longest_gap_s, max(0.0, later - earlier)) for earlier, later in pairwise(times))
        self._offsets = array("d", accumulate(gaps, initial=0.0))
        self._documents = iter(documents)
        self._clock = clock
        self._given = 0
        self._speed = speed
        self._position_s = 0.0
        self._since = clock()
        self.ended: RunEnded | None = None
        self.problem: Problem | None = None

    @property
    def speed(self) -> float:
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        """Changes the pace from here on; 0 halts."""
        self._position_s, self._since = self.position_s, self._clock()
        self._speed = speed

    @property
    def position_s(self) -> float:
        """Where in the record the replay is, in seconds of the run's own time."""
        return self._position_s + (self._clock() - self._since) * self._speed

    @property
    def duration_s(self) -> float:
        return self._offsets[-1]

    @property
    def over(self) -> bool:
        """Whether every document was given."""
        return self._given == len(self._offsets)

    def poll(self) -> list[AnyDocument]:
        """The documents whose time has come since the last call."""
        due = bisect_right(self._offsets, self.position_s)
        batch = list(islice(self._documents, max(0, due - self._given)))
        self._given = max(self._given, due)
        for document in batch:
            self.ended = document if isinstance(document, RunEnded) else None
        return batch


def replay(run_dir: Path, speed: float = 1.0) -> Replay:
    """The replay of the record in `run_dir`; a damaged one plays up to the damage. Raises BadInput where none is."""
    check_recorded(run_dir)
    reader = Reader(run_dir)
    times = array("d", (document.at for batch in reader.batches() for document in batch))
    documents = (document for batch in Reader(run_dir).batches() for document in batch)
    recorded = Replay(times, documents, speed)
    recorded.problem = reader.problem
    return recorded


def check_recorded(run_dir: Path) -> None:
    """Raises BadInput where there is nothing that could be replayed."""
    reader = Reader(run_dir)
    if not reader.poll():
        raise BadInput(reader.problem) if reader.problem else refuse("nothing_recorded", path=str(run_dir))
