"""A million samples are read as columns, from a file that can be thrown away, and never line by line twice.

`columns.bin` lies beside `events.jsonl`, which stays the record. The file is made again where it is missing, damaged,
of another format or not of this record; where only lines were added, only those are read. It holds every sample in the
record's order (`gpulab.runs.column_file`); what a resumed run superseded is left out when it is read, exactly as
`gpulab.viewmodels.series` does it while a run is followed.

    columns = columns.read(run_dir)
    plot(columns.steps("val_loss"), columns.values("val_loss"))
    plot(columns.seconds[columns.rows("train_loss")], columns.values("train_loss"))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from gpulab.events.codec import decode
from gpulab.events.documents import AnyDocument
from gpulab.runs import column_file
from gpulab.runs.cancelling import Cancelled
from gpulab.runs.column_build import built
from gpulab.runs.column_file import Key, Stored
from gpulab.spec.problem import Problem

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Progress = Callable[[float], bool]

__all__ = ["Cancelled", "Columns", "Progress", "read", "surviving"]


class Columns:
    """The samples of one run that count, in the order of steps; arrays are read-only and may be mapped from a file.

    `step`, `tokens` and `seconds` are `(rows,)` and ascending. A series has values in some of the rows: `rows(key)`,
    `steps(key)` and `values(key)` are `(points,)` and belong together; a key that never had a value has no points.
    `problem` says where a damaged record stops being readable; what stands before the damage is here.
    """

    def __init__(self, stored: Stored) -> None:
        self.stored = stored
        kept = None if stored.straight else surviving(stored.step, stored.cuts)
        self._kept = None if kept is None or kept.all() else kept
        self.step: Ints = self._of_rows(stored.step)
        self.tokens: Ints = self._of_rows(stored.tokens)
        self.seconds: Floats = self._of_rows(stored.seconds)
        if not stored.straight:  # a clock that was set back must not break the order that searching relies on
            self.tokens, self.seconds = np.maximum.accumulate(self.tokens), np.maximum.accumulate(self.seconds)

    def __len__(self) -> int:
        return len(self.step)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that had a value at least once, in the order in which they first had one."""
        return tuple(self.stored.keys)

    @property
    def problem(self) -> Problem | None:
        """Where the record is damaged, or None."""
        return self.stored.problem

    def rows(self, key: str) -> Rows:
        """The rows in which `key` has a value, `(points,)`, ascending."""
        return self._series(key)[0]

    def steps(self, key: str) -> Ints:
        """The steps at which `key` has a value, `(points,)`, ascending."""
        rows = self.rows(key)
        return self.step if len(rows) == len(self) else self.step[rows]

    def values(self, key: str) -> Floats:
        """The values of `key`, `(points,)`, one for each of its steps."""
        return self._series(key)[1]

    def full(self, key: str) -> Floats:
        """The value of `key` in every row, `(rows,)`, NaN where a row has none."""
        rows, values = self._series(key)
        if len(values) == len(self):
            return values
        spread = np.full(len(self), np.nan)
        spread[rows] = values
        return spread

    def others(self) -> Iterator[tuple[int, AnyDocument]]:
        """Every document that is no sample, with the number of samples that stand before it in the record."""
        for at, line in zip(self.stored.others_at, self.stored.others.split(b"\n"), strict=False):
            yield int(at), decode(line)

    def until(self, samples: int, resumes: int) -> Columns:
        """What the columns were when the record had so many samples and resumes."""
        cut, stored = slice(samples), self.stored
        keys = {key: _until(known, samples) for key, known in stored.keys.items()}
        arrays = {name: getattr(stored, name)[cut] for name in ("step", "tokens", "seconds")}
        return Columns(msgspec.structs.replace(stored, **arrays, keys=keys, cuts=stored.cuts[:resumes], straight=False))

    def _series(self, key: str) -> tuple[Rows, Floats]:
        known = self.stored.keys.get(key)
        if known is None:
            return np.empty(0, np.int32), np.empty(0)
        if self._kept is None:
            return known.rows, known.values
        kept = self._kept[known.rows]
        place = np.cumsum(self._kept, dtype=np.int32) - np.int32(1)
        return place[known.rows[kept]], known.values[kept]

    def _of_rows(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return values if self._kept is None else values[self._kept]


def read(run_dir: Path, told: Progress | None = None) -> Columns:
    """The columns of the run in `run_dir`, as far as its record goes by now; none where nothing is recorded.

    What must be read anew is told as a share from 0 to 1 to `told`, which answers whether to go on. Raises Cancelled.
    """

    def go_on(share: float) -> None:
        if told is not None and not told(share):
            raise Cancelled

    return Columns(built(run_dir, column_file.load(run_dir), go_on))


def _until(key: Key, samples: int) -> Key:
    count = int(np.searchsorted(key.rows, samples))
    return Key(key.rows[:count], key.values[:count])


def surviving(step: Ints, cuts: list[tuple[int, int]]) -> Flags:
    """Which samples count, `(samples,)`: those superseded by no later resume or earlier step.

    `cuts` are the resumes: (number of samples before it, the step from which the run went on).
    """
    lowest_after = np.full(len(step) + 1, np.iinfo(np.int64).max)
    for before, from_step in cuts:
        lowest_after[before] = min(lowest_after[before], from_step)
    lowest_after[1:-1] = np.minimum(lowest_after[1:-1], step[1:])
    lowest_after = np.minimum.accumulate(lowest_after[::-1])[::-1]
    counts: Flags = step <= lowest_after[1:]
    return counts
