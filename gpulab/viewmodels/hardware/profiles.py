"""Which profiles there are to be shown: those of runs, those of experiments that were profiled before training."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from gpulab.events.profile import AS_SET, FOLDER, PLAIN, Profile, load_profile, trace_of
from gpulab.runs.reading import digest_of
from gpulab.viewmodels.hardware.memory import SERIES
from gpulab.viewmodels.record import RunRecord

_MOST = 200


class Known(NamedTuple):
    """What must be known of a run before its folder is looked into, in another thread."""

    run_id: str
    name: str
    folder: Path
    has_memory: bool


class Source(msgspec.Struct, frozen=True):
    """One line of the choice. `path` is None where a run recorded its memory and was never profiled.

    `run_id` is empty for an experiment that was only profiled; `at` is when it was written, seconds since the epoch.
    """

    name: str
    folder: Path
    path: Path | None
    plain: Path | None = None
    run_id: str = ""
    step: int | None = None
    at: float = 0.0

    @property
    def key(self) -> str:
        """What tells it apart, also after the list was read anew."""
        return str(self.path or self.folder)


class Shown(msgspec.Struct, frozen=True):
    """A profile that was read, with the one of nothing fused where there is one, and the trace of both."""

    source: Source
    profile: Profile | None = None
    plain: Profile | None = None
    trace: Path | None = None


def known(records: Iterable[RunRecord]) -> list[Known]:
    """What `sources` needs of `records`; quick, for the window's own thread."""
    key = f"{SERIES}parameters"
    return [Known(one.run_id, one.name, one.folder, key in one.latest) for one in records if not one.replayed]


def sources(runs: Iterable[Known], jobs: Path) -> tuple[Source, ...]:
    """All profiles, the newest first; then the runs that only recorded their memory, the newest first."""
    profiled, rest = list[Source](), list[Source]()
    for run in runs:
        found = list(_of_run(run))
        profiled += found
        if run.has_memory and not found:
            rest.append(Source(run.name, run.folder, None, run_id=run.run_id))
    profiled += _of_jobs(jobs)
    profiled.sort(key=lambda one: one.at, reverse=True)
    rest.sort(key=lambda one: one.folder.name, reverse=True)
    return tuple((*profiled, *rest)[:_MOST])


def read(source: Source) -> Shown:
    """What `source` says. Raises BadInput where its file cannot be read."""
    if source.path is None:
        return Shown(source)
    trace = trace_of(source.path)
    plain = load_profile(source.plain) if source.plain else None
    return Shown(source, load_profile(source.path), plain, trace if trace.is_file() else None)


def _of_run(run: Known) -> Iterator[Source]:
    for path, at in _profiles(run.folder):
        name, _, number = path.stem.partition("-")
        if name == "step" and number.isdigit():
            yield Source(run.name, run.folder, path, run_id=run.run_id, step=int(number), at=at)


def _of_jobs(jobs: Path) -> Iterator[Source]:
    with suppress(OSError):
        for folder in jobs.iterdir():
            found = {path.stem: (path, at) for path, at in _profiles(folder)}
            if AS_SET in found:
                path, at = found[AS_SET]
                plain = found[PLAIN][0] if PLAIN in found else None
                yield Source(digest_of(folder).name or folder.name, folder, path, plain, at=at)


def _profiles(folder: Path) -> Iterator[tuple[Path, float]]:
    """The profiles in the folder of a run or job, with when they were written; most have none."""
    with suppress(OSError), os.scandir(f"{folder}/{FOLDER}") as found:
        for one in found:
            if one.name.endswith(".json"):
                yield Path(one.path), one.stat().st_mtime
