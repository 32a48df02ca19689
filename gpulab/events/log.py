"""The run's record, `events.jsonl`: appended by whoever holds the folder's lock, read by anybody from a byte offset."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from filelock import FileLock, Timeout

from gpulab.events.codec import encode
from gpulab.events.documents import AnyDocument, Sample
from gpulab.events.reader import EVENTS, Reader
from gpulab.spec.problem import BadInput, refuse

LOCK = "lock"
_PATIENCE_S = 2.0  # somebody may just be asking whether the run is locked
_ASKED_S = 0.01  # so may another window: whoever asks holds the lock for a blink
_ASKING = threading.Lock()  # of one process, only one asks at a time


class EventLog:
    """The one writer of a run folder. Opening it takes the lock and mends a line that was cut off.

    Raises BadInput `run_is_running` where somebody else holds the lock. The kernel drops the lock with the process,
    so a killed worker never leaves its folder locked.
    """

    def __init__(self, run_dir: Path) -> None:
        self.path = run_dir / EVENTS
        self._lock = FileLock(run_dir / LOCK)
        try:
            self._lock.acquire(timeout=_PATIENCE_S)
        except Timeout as error:
            raise refuse("run_is_running", path=str(run_dir)) from error
        mend(self.path)
        self._file = self.path.open("ab", buffering=0)
        self._size = self._file.tell()

    def append(self, documents: Iterable[AnyDocument]) -> None:
        """Appends all `documents` in one write.

        Raises OSError where the disk is full. No half line stays behind then, which the next append would be glued to;
        whole lines stay, because somebody may have read them already.
        """
        whole, written = memoryview(b"".join(map(encode, documents))), 0
        try:
            while written < len(whole):
                written += self._file.write(whole[written:])
        except OSError:
            written = bytes(whole[:written]).rfind(b"\n") + 1
            self._file.truncate(self._size + written)
            raise
        finally:
            self._size += written

    def close(self) -> None:
        self._file.close()
        self._lock.release()

    def __enter__(self) -> EventLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def is_locked(run_dir: Path) -> bool:
    """Whether some process is at work on the run: it holds the folder's lock, and not just to ask the same."""
    lock = FileLock(run_dir / LOCK)
    with _ASKING:
        try:
            with lock.acquire(timeout=_ASKED_S, poll_interval=_ASKED_S / 4):
                return False
        except Timeout:
            return True


def mend(path: Path) -> None:
    """Cuts off a last line that was not written to its end. Only the holder of the lock may call this."""
    if not path.exists():
        return
    with path.open("rb+") as file:
        end = whole_bytes(file)
        if end < file.seek(0, os.SEEK_END):
            file.truncate(end)


def whole_bytes(file: BinaryIO) -> int:
    """How many bytes of the record in `file` are whole lines."""
    end = file.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - 65536)
        file.seek(start)
        newline = file.read(end - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


def read_all(run_dir: Path) -> list[AnyDocument]:
    """Every whole document of the run. Raises BadInput where a line is none, or cannot be read."""
    reader = Reader(run_dir)
    documents = reader.poll_all()
    if reader.problem:
        raise BadInput(reader.problem)
    return documents


def last_step(run_dir: Path) -> int:
    """The last step that is on record, 0 where none is. Raises BadInput as `read_all` does."""
    return max((document.step for document in read_all(run_dir) if isinstance(document, Sample)), default=0)
