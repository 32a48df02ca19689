"""A run is watched by reading its record from where the last look ended."""

from __future__ import annotations

from pathlib import Path

import msgspec

from gpulab.events.codec import decode
from gpulab.events.documents import AnyDocument, RunEnded, RunResumed, RunStarted
from gpulab.events.log import EVENTS
from gpulab.spec.problem import Problem

_MOST_BYTES = 1 << 24  # of one look, so that a long record does not hold up whoever shows it


class Follower:
    """Reads a run's documents as they come.

    `ended` is the document that ended the run, as long as nobody resumed it; `problem` says where a damaged record
    stops being readable. What stands before the damage is given like everything else. `offset` bytes, or `lines`, are
    behind it; a later Follower can begin there.
    """

    def __init__(self, run_dir: Path, offset: int = 0, lines: int = 0) -> None:
        self.run_dir = run_dir
        self.ended: RunEnded | None = None
        self.problem: Problem | None = None
        self._path = run_dir / EVENTS
        self.offset = offset
        self.lines = lines

    def poll(self) -> list[AnyDocument]:
        """The whole documents that came since the last call; a line still being written waits for the next."""
        if self.problem:
            return []
        try:
            with self._path.open("rb") as file:
                file.seek(self.offset)
                chunk = file.read(_MOST_BYTES)
        except FileNotFoundError:
            return []
        except OSError as error:
            self.problem = Problem(
                "events_unreadable", "", {"path": str(self._path), "detail": error.strerror or str(error)}
            )
            return []
        return self._documents(chunk[: chunk.rfind(b"\n") + 1])

    def poll_all(self) -> list[AnyDocument]:
        """Everything there is by now, however long."""
        documents: list[AnyDocument] = []
        while more := self.poll():
            documents += more
        return documents

    def _documents(self, whole: bytes) -> list[AnyDocument]:
        documents: list[AnyDocument] = []
        for line in whole.split(b"\n")[:-1]:
            self.lines += 1
            try:
                document = decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                self.problem = Problem("events_damaged", "", {"path": str(self._path), "line": self.lines})
                return documents
            self._note(document)
            documents.append(document)
        self.offset += len(whole)
        return documents

    def _note(self, document: AnyDocument) -> None:
        if isinstance(document, RunEnded):
            self.ended = document
        elif isinstance(document, RunStarted | RunResumed):
            self.ended = None
