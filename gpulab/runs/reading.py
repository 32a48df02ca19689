"""A record of half a million steps must not be read from its beginning whenever somebody asks what a run is doing."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from threading import Lock

import msgspec

from gpulab.events.reader import EVENTS, Reader
from gpulab.runs.digest import Digest


class Reading(msgspec.Struct, gc=False):
    """What was read of a record: up to byte `offset`, when the file `inode` was `size` bytes, changed at `mtime_ns`."""

    size: int = 0
    mtime_ns: int = 0
    inode: int = 0
    offset: int = 0
    lines: int = 0
    digest: Digest = msgspec.field(default_factory=Digest)

    def catch_up(self, run_dir: Path) -> Digest:
        """Takes in what is new, a batch at a time; from the beginning where this is no longer the file that was read.

        The digest that it returns stays as it is.
        """
        try:
            stat = (run_dir / EVENTS).stat()
        except OSError:
            self._forget()
            return Digest()
        if not self.is_of(stat):
            if stat.st_size < self.offset or stat.st_ino != self.inode or self.digest.problem:
                self._forget()
            reader = Reader(run_dir, self.offset, self.lines)
            self.digest = self.digest.copy()  # somebody may hold the one before
            for batch in reader.batches():
                self.digest.add(batch)
            self.digest.problem = reader.problem
            self.offset, self.lines = reader.offset, reader.lines
            self.size, self.mtime_ns, self.inode = stat.st_size, stat.st_mtime_ns, stat.st_ino
            if reader.problem and reader.problem.key == "events_unreadable":
                self.size = -1  # who may read a file can change while the file does not: look again
        return self.digest

    def is_of(self, stat: os.stat_result) -> bool:
        """Whether the record looks as it did when it was read."""
        return (self.size, self.mtime_ns, self.inode) == (stat.st_size, stat.st_mtime_ns, stat.st_ino)

    def _forget(self) -> None:
        self.size = self.mtime_ns = self.inode = self.offset = self.lines = 0
        self.digest = Digest()


def digest_of(run_dir: Path) -> Digest:
    """The digest of everything the run has said by now. Only what is new since the last call is read."""
    lock, reading = _remembered(run_dir.absolute())
    with lock:
        return reading.catch_up(run_dir)


@lru_cache(maxsize=256)
def _remembered(run_dir: Path) -> tuple[Lock, Reading]:
    return Lock(), Reading()
