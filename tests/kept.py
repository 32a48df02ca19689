"""What a long proof has found out so far, one line each, so that one that broke off goes on where it was."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
import platformdirs

from gpulab.hardware.libraries import versions
from gpulab.hardware.machine import this_machine

PLACE = Path(platformdirs.user_cache_dir("gpulab"), "bench")
"""The person's own cache: found as this is imported, because every test has folders of its own that go with it."""

T = TypeVar("T")


def file_of(folder: Path, name: str, facts: tuple[Any, ...]) -> Path:
    """Where findings of the proof `name` wait for the rest of them: others' `facts`, libraries or machine have
    another file."""
    machine, libraries = this_machine(), sorted(versions(("torch", "numpy")).items())
    known = (*facts, libraries, machine.processor, machine.cores)
    return folder / f"{name}-{hashlib.sha256(msgspec.json.encode(known)).hexdigest()[:16]}.jsonl"


class Kept(Generic[T]):
    """Findings of one `kind` by seed, in `file`."""

    def __init__(self, file: Path, kind: type[T]) -> None:
        self.file = file
        self._decoder: msgspec.json.Decoder[tuple[int, T]] = msgspec.json.Decoder(tuple[int, kind])  # type: ignore[valid-type]

    def lines(self) -> Iterator[tuple[int, T]]:
        """Everything that was kept, the oldest first; a line that a sudden end cut off is none."""
        for line in self.file.read_bytes().splitlines() if self.file.is_file() else ():
            try:
                yield self._decoder.decode(line)
            except msgspec.DecodeError:
                continue

    def add(self, seed: int, found: T) -> None:
        """Keeps what was found with `seed`."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("ab") as keeping:
            keeping.write(b"\n" + msgspec.json.encode((seed, found)))  # a line that was cut off stands alone
