"""Makes a run's columns from its record: all of them, or only what was added since they were made."""

from __future__ import annotations

import math
import os
from array import array
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gpulab.events.codec import encode
from gpulab.events.documents import AnyDocument, RunEnded, RunResumed, Sample
from gpulab.events.reader import EVENTS, Reader
from gpulab.runs.column_file import Key, Origin, Stored, crc_of, save
from gpulab.spec.problem import BadInput, Problem

_WORTH_SAVING = 8  # new lines are written down once they are an eighth of what was written before

EMPTY = Stored(
    Origin(),
    np.empty(0, np.int64),
    np.empty(0, np.int64),
    np.empty(0),
    {},
    b"",
    np.empty(0, np.int64),
    [],
    True,
)


def built(run_dir: Path, stored: Stored | None, go_on: Callable[[float], None]) -> Stored:
    """`stored` where it is what the record says, else what it says now, which is then kept beside the record."""
    try:
        stat = (run_dir / EVENTS).stat()
    except OSError:
        return EMPTY
    if stored is not None and stored.origin.unchanged(stat):
        return stored
    if stored is None or not _begins_alike(run_dir, stored.origin, stat):
        stored = EMPTY
    reader = Reader(run_dir, stored.origin.offset, stored.origin.lines)
    growth = _Growth(len(stored.step))
    go_on(0.0)
    for batch in reader.batches():
        growth.take(batch)
        go_on(min(1.0, reader.offset / max(stat.st_size, 1)))
    try:
        origin = _origin(run_dir, stored.origin, reader, stat)
    except OSError:
        return EMPTY
    now = growth.added_to(stored, origin, reader.problem)
    fresh = origin.offset - stored.origin.offset
    worth = growth.ended or fresh == 0 or fresh * _WORTH_SAVING > origin.offset
    if worth and not (reader.problem and reader.problem.key == "events_unreadable"):
        with suppress(BadInput):  # beside a record that can only be read nothing is kept
            save(run_dir, now)
    return now


def _begins_alike(run_dir: Path, origin: Origin, stat: os.stat_result) -> bool:
    """Whether the record still begins with the bytes that were read."""
    if stat.st_size < origin.offset:
        return False
    with suppress(OSError):
        return crc_of(run_dir, origin.offset) == origin.crc
    return False


def _origin(run_dir: Path, before: Origin, reader: Reader, stat: os.stat_result) -> Origin:
    crc = crc_of(run_dir, reader.offset, before.offset, before.crc)
    return Origin(stat.st_size, stat.st_mtime_ns, stat.st_ino, reader.offset, reader.lines, crc or 0)


class _Growth:
    """What was read beyond `rows` known samples, in lists that grow."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._step, self._tokens, self._seconds = array("q"), array("q"), array("d")
        self._keys: dict[str, tuple[array[int], array[float]]] = {}
        self._others: list[bytes] = []
        self._others_at = array("q")
        self._cuts: list[tuple[int, int]] = []
        self.ended = False

    def take(self, documents: Iterable[AnyDocument]) -> None:
        """Takes in `documents`, in their order."""
        for document in documents:
            if type(document) is Sample:
                self._sample(document)
                continue
            row = self._rows + len(self._step)
            if isinstance(document, RunResumed):
                self._cuts.append((row, document.from_step))
            self.ended = isinstance(document, RunEnded)
            self._others.append(encode(document))
            self._others_at.append(row)

    def _sample(self, sample: Sample) -> None:
        row, keys = self._rows + len(self._step), self._keys
        self._step.append(sample.step)
        self._tokens.append(sample.tokens)
        self._seconds.append(sample.seconds)
        for name, value in sample.values.items():
            if value is not None and math.isfinite(value):
                if name not in keys:
                    keys[name] = array("i"), array("d")
                rows, values = keys[name]
                rows.append(row)
                values.append(value)

    def added_to(self, stored: Stored, origin: Origin, problem: Problem | None) -> Stored:
        """`stored` with what was read behind it."""
        keys = dict(stored.keys)
        for name, (rows, values) in self._keys.items():
            known = keys.get(name, Key(np.empty(0, np.int32), np.empty(0)))
            keys[name] = Key(_joined(known.rows, rows), _joined(known.values, values))
        step, cuts = _joined(stored.step, self._step), [*stored.cuts, *self._cuts]
        tokens, seconds = _joined(stored.tokens, self._tokens), _joined(stored.seconds, self._seconds)
        straight = not cuts and all(bool((np.diff(each) >= 0).all()) for each in (step, tokens, seconds))
        others = stored.others + b"".join(self._others)
        others_at = _joined(stored.others_at, self._others_at)
        return Stored(origin, step, tokens, seconds, keys, others, others_at, cuts, straight, problem)


def _joined(known: npt.NDArray[Any], added: array[Any]) -> npt.NDArray[Any]:
    fresh = np.frombuffer(added, known.dtype) if len(added) else np.empty(0, known.dtype)
    joined = np.concatenate((known, fresh)) if len(known) else fresh
    joined.flags.writeable = False
    return joined
