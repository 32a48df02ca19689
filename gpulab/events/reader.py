"""A run is watched by reading its record from where the last look ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from gpulab.events.codec import decode
from gpulab.events.documents import AnyDocument
from gpulab.spec.problem import Problem

EVENTS = "events.jsonl"
_LOOK_BYTES = 1 << 20  # of one look, so that a long record neither fills the memory nor holds up whoever shows it


class Reader:
    """Reads a run's documents as they come.

    `problem` says where a damaged record stops being readable. What stands before the damage is given like everything
    else. `offset` bytes, or `lines`, are behind it; a later Reader can begin there.
    """

    def __init__(self, run_dir: Path, offset: int = 0, lines: int = 0) -> None:
        self.run_dir = run_dir
        self.offset = offset
        self.lines = lines
        self.problem: Problem | None = None
        self._path = run_dir / EVENTS

    def poll(self) -> list[AnyDocument]:
        """The next whole documents since the last call; a line still being written waits. Empty: there are no more."""
        if self.problem:
            return []
        try:
            chunk = self._chunk()
        except FileNotFoundError:
            return []
        except OSError as error:
            arguments = {"path": str(self._path), "detail": error.strerror or str(error)}
            self.problem = Problem("events_unreadable", "", arguments)
            return []
        return self._documents(chunk)

    def batches(self) -> Iterator[list[AnyDocument]]:
        """Everything there is by now, one look at a time."""
        while batch := self.poll():
            yield batch

    def poll_all(self) -> list[AnyDocument]:
        """Everything there is by now, however long: all of it is held in memory."""
        return [document for batch in self.batches() for document in batch]

    def _chunk(self) -> bytes:
        with self._path.open("rb") as file:
            file.seek(self.offset)
            chunk = file.read(_LOOK_BYTES)
            while b"\n" not in chunk and (more := file.read(_LOOK_BYTES)):  # a line longer than a look
                chunk += more
        return chunk

    def _documents(self, chunk: bytes) -> list[AnyDocument]:
        documents: list[AnyDocument] = []
        for line in chunk.split(b"\n")[:-1]:
            try:
                documents.append(decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError):
                self.problem = Problem("events_damaged", "", {"path": str(self._path), "line": self.lines + 1})
                return documents
            self.lines += 1
            self.offset += len(line) + 1
        return documents
