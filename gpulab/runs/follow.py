"""Whoever follows a run must know when it ended, and that it goes on where somebody resumed it."""

from __future__ import annotations

from pathlib import Path

from gpulab.events.documents import AnyDocument, JobStarted, RunEnded, RunResumed, RunStarted
from gpulab.events.reader import Reader


class Follower(Reader):
    """A reader for which `ended` is the document that ended the run, as long as nobody resumed it."""

    def __init__(self, run_dir: Path) -> None:
        super().__init__(run_dir)
        self.ended: RunEnded | None = None

    def poll(self) -> list[AnyDocument]:
        documents = super().poll()
        for document in documents:
            if isinstance(document, RunEnded):
                self.ended = document
            elif isinstance(document, RunStarted | RunResumed | JobStarted):
                self.ended = None
        return documents
