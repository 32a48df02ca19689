"""The history of one run as numpy columns, so that charts and tables can read all of it at any time without copying."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from gpulab.runs.columns import Columns

Floats = npt.NDArray[np.float64]
XAxis = Literal["step", "tokens", "seconds", "epoch"]
Row = tuple[int, int, float, Mapping[str, float | None]]

FIRST_CAPACITY = 256


class Column:
    """Numbers in one growing buffer; its capacity doubles, so an append costs the same however long the history is."""

    def __init__(self, dtype: npt.DTypeLike = np.float64) -> None:
        self._buffer: npt.NDArray[Any] = np.empty(FIRST_CAPACITY, dtype)
        self._length = 0

    @classmethod
    def of(cls, values: npt.NDArray[Any]) -> Column:
        """A column that begins with `values`, which are not copied before something is added."""
        column = cls.__new__(cls)
        column._buffer, column._length = values, len(values)
        return column

    def __len__(self) -> int:
        return self._length

    @property
    def view(self) -> npt.NDArray[Any]:
        """The values so far, `(length,)`, not copied and not writable. Valid until the next change."""
        values = self._buffer[: self._length]
        values.flags.writeable = False
        return values

    def append(self, value: float) -> None:
        """Adds one value at the end."""
        self._reserve(self._length + 1)
        self._buffer[self._length] = value
        self._length += 1

    def extend(self, values: npt.ArrayLike) -> None:
        """Adds many values at the end."""
        added = np.asarray(values, self._buffer.dtype)
        if not len(added):
            return
        self._reserve(self._length + len(added))
        self._buffer[self._length : self._length + len(added)] = added
        self._length += len(added)

    def truncate(self, length: int) -> None:
        """Keeps the first `length` values."""
        self._length = min(self._length, max(length, 0))

    def truncate_after(self, value: float) -> None:
        """Drops what is greater than `value`; the column must be in ascending order."""
        self.truncate(int(np.searchsorted(self.view, value, side="right")))

    def _reserve(self, needed: int) -> None:
        if needed <= len(self._buffer) and self._buffer.flags.writeable:
            return
        grown = np.empty(max(needed, 2 * len(self._buffer)), self._buffer.dtype)
        grown[: self._length] = self._buffer[: self._length]
        self._buffer = grown


class RunSeries:
    """Every sample of one run. Rows are in the order of steps; a value that is missing in a row is NaN."""

    def __init__(self, tokens_per_epoch: float | None = None) -> None:
        self.tokens_per_epoch = tokens_per_epoch
        self.rewinds = 0  # how often rows were dropped: whoever followed the rows then starts again
        self._step = Column(np.int64)
        self._tokens = Column(np.int64)
        self._seconds = Column()
        self._values: dict[str, Column] = {}
        self._stored: Columns | None = None  # where the values of a finished run still are, as long as it stays so

    @classmethod
    def of(cls, stored: Columns, tokens_per_epoch: float | None = None) -> RunSeries:
        """The series of a run whose samples are stored; nothing is copied before something is added."""
        series = cls(tokens_per_epoch)
        series._step, series._tokens = Column.of(stored.step), Column.of(stored.tokens)
        series._seconds, series._stored = Column.of(stored.seconds), stored
        return series

    def __len__(self) -> int:
        return len(self._step)

    @property
    def step(self) -> npt.NDArray[np.int64]:
        """Optimizer steps, `(rows,)`, ascending."""
        return self._step.view

    @property
    def tokens(self) -> npt.NDArray[np.int64]:
        """Training tokens seen, `(rows,)`, ascending."""
        return self._tokens.view

    @property
    def seconds(self) -> Floats:
        """Seconds of training, `(rows,)`, ascending."""
        return self._seconds.view

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that had a value at least once."""
        return tuple(self._values) if self._stored is None else self._stored.keys

    def values(self, key: str) -> Floats:
        """The values of `key`, `(rows,)`, NaN where a row has none."""
        if self._stored is not None:
            return self._stored.full(key)
        if key not in self._values:
            return np.full(len(self), np.nan)
        column = self._values[key]
        column.extend(np.full(len(self) - len(column), np.nan))
        return column.view

    def points(self, key: str) -> tuple[npt.NDArray[Any], Floats]:
        """The rows in which `key` has a value, and those values, `(points,)` both."""
        if self._stored is not None:
            return self._stored.rows(key), self._stored.values(key)
        values = self.values(key)
        rows = np.flatnonzero(np.isfinite(values))
        return rows, values[rows]

    def last(self, key: str) -> float | None:
        """The newest value of `key`, None if it never had one."""
        _, values = self.points(key)
        return float(values[-1]) if len(values) else None

    def add(self, step: int, tokens: int, seconds: float, values: Mapping[str, float | None]) -> None:
        """Adds one sample. A step below the newest one can only come from a resumed run, and replaces what followed."""
        self._take_over()
        if len(self) and step < self._step.view[-1]:
            self.supersede(step)
        rows = len(self)
        self._step.append(step)
        self._tokens.append(self._not_before(self._tokens, tokens))
        self._seconds.append(self._not_before(self._seconds, seconds))
        for key, value in values.items():
            if value is not None and math.isfinite(value):
                column = self._values.setdefault(key, Column())
                column.extend(np.full(rows - len(column), np.nan))
                column.append(value)

    def extend(self, rows: Iterable[Row]) -> None:
        """Adds many samples."""
        for step, tokens, seconds, values in rows:
            self.add(step, tokens, seconds, values)

    def supersede(self, from_step: int) -> None:
        """Drops the samples after `from_step`: the run was resumed there and lives them again."""
        self._take_over()
        before = len(self)
        self._step.truncate_after(from_step)
        rows = len(self)
        if rows == before:
            return
        self.rewinds += 1
        for column in (self._tokens, self._seconds, *self._values.values()):
            column.truncate(rows)

    def x(self, axis: XAxis) -> npt.NDArray[Any] | None:
        """The horizontal position of each row, `(rows,)`, ascending; None where epochs are not known."""
        if axis == "epoch":
            return self.tokens / self.tokens_per_epoch if self.tokens_per_epoch else None
        return {"step": self.step, "tokens": self.tokens, "seconds": self.seconds}[axis]

    def _take_over(self) -> None:
        """The run goes on: from now on its values are this series' own."""
        if self._stored is not None:
            self._values = {key: Column.of(self._stored.full(key)) for key in self._stored.keys}
            self._stored = None

    @staticmethod
    def _not_before(column: Column, value: float) -> float:
        # A clock that was set back between two sessions must not break the order that searching relies on.
        return max(value, column.view[-1]) if len(column) else value
