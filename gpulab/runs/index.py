"""What was read of thousands of runs is kept in one file, which may be thrown away at any time.

`index.cache` lies in the folder of the runs: a line that says format and checksum, then JSON. It is replaced in one
piece, so that several windows and commands can share it: each of them has seen every run, and the last one wins.
"""

from __future__ import annotations

import os
import time
import zlib
from contextlib import suppress
from pathlib import Path

import msgspec

from gpulab.events.reader import EVENTS
from gpulab.runs.files import write_whole
from gpulab.runs.reading import Reading
from gpulab.spec.problem import BadInput

INDEX = "index.cache"
_FORMAT = b"gpulab runs 2"
_FORMER = "index.json"
_TICK_NS = 2_000_000_000  # a folder that changed this recently may change again without a new time stamp


class Line(msgspec.Struct, gc=False):
    """What is known of one run. `settled_ns` is when its folder last changed where it ended and nobody works on it.

    As long as that stands, and the record is as long and as old as it was, nothing else of the run is looked at.
    """

    reading: Reading = msgspec.field(default_factory=Reading)
    name: str = ""
    color: int = 0
    settled_ns: int = 0

    def stands(self, path: str) -> bool:
        """Whether the run in the folder `path` is settled and as it was."""
        if not self.settled_ns:
            return False
        try:
            # Strings, because ten thousand Paths would take longer than all the rest.
            same = os.stat(path).st_mtime_ns == self.settled_ns  # noqa: PTH116
            return same and self.reading.is_of(os.stat(f"{path}/{EVENTS}"))  # noqa: PTH116
        except OSError:
            return False

    def settle(self, changed_ns: int) -> None:
        """The run ended, and its folder last changed at `changed_ns`; too short a time ago is not relied on."""
        self.settled_ns = changed_ns if changed_ns + _TICK_NS < time.time_ns() else 0


def load(root: Path) -> dict[str, Line]:
    """The lines by their folders' names; none where the file is missing, damaged or of another format."""
    try:
        head, _, content = (root / INDEX).read_bytes().partition(b"\n")
        if head == _head(content):
            return msgspec.json.decode(content, type=dict[str, Line])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        pass
    return {}


def save(root: Path, lines: dict[str, Line]) -> None:
    """Writes `lines` down; a store that can only be read goes without."""
    content = msgspec.json.encode(lines)
    with suppress(BadInput):
        write_whole(root / INDEX, _head(content) + b"\n" + content)
    with suppress(OSError):
        (root / _FORMER).unlink(missing_ok=True)


def _head(content: bytes) -> bytes:
    return b"%s %08x" % (_FORMAT, zlib.crc32(content))
