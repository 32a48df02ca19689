"""The files beside a lesson that go into its works: where one was changed, an old showing is of another lesson."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from gpulab.lessons import making
from gpulab.spec.files import SUFFIX
from gpulab.spec.lesson import Work
from gpulab.spec.lesson_file import Written
from gpulab.spec.problem import BadInput
from gpulab.spec.setting import settings_of

_LARGE_BYTES = 2**24
"""Of a larger file, size and time tell whether it is another."""


def fingerprint(written: Written) -> str:
    """Twelve hexadecimal digits for what stands in those files; empty where there are none. Reads them."""
    folder = written.path.resolve().parent
    named = {name for work in written.lesson.work for name in _named(written, work) if name}
    told = hashlib.sha256()
    for name in (found := sorted(name for name in named if (folder / name).exists())):
        for path in _files(folder / name):
            told.update(f"{name}\0{path.name}\0".encode() + _content(path))
    return told.hexdigest()[:12] if found else ""


def _named(written: Written, work: Work) -> Iterator[str]:
    """Whatever could be a file's path: of the experiment and in it, in changes and in settings."""
    yield f"{work.experiment}{SUFFIX}"
    for table in (work.changes, work.settings, *(arm.changes for arm in work.arms)):
        yield from (value for value in table.values() if isinstance(value, str))
    try:
        base = making.base_of(written, work)
    except BadInput:  # `gpulab lesson check` says why
        return
    for settings in (base.data, *base.techniques.values()):
        yield from (str(getattr(settings, one.path)) for one in settings_of(type(settings)) if one.leads_to)


def _files(path: Path) -> list[Path]:
    return sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]


def _content(path: Path) -> bytes:
    try:
        facts = path.stat()
        return path.read_bytes() if facts.st_size <= _LARGE_BYTES else f"{facts.st_size} {facts.st_mtime_ns}".encode()
    except OSError:  # it cannot be read now, and whoever runs the work says so
        return b""
