"""Recordings: what a run, a comparison or a job said on another machine, kept small and labelled with machine and date.

Only records are kept: events, experiments, what was asked. No model, no text, no path of the machine that made it.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from gpulab.comparisons.folder import is_comparison
from gpulab.events.documents import ComparisonStarted, JobStarted, RunEnded, RunStarted
from gpulab.events.log import read_all
from gpulab.events.reader import EVENTS
from gpulab.resources import resource
from gpulab.runs.files import not_writable, read_json, write_whole
from gpulab.runs.folder import EXPERIMENT, is_run
from gpulab.runs.home import home
from gpulab.runs.state import state_of
from gpulab.spec.comparison import ARMS, COMPARISON
from gpulab.spec.files import SUFFIX
from gpulab.spec.jobs import JOB, is_job
from gpulab.spec.problem import refuse

RECORDING = "recording.json"
FORMAT = 1
LARGEST_BYTES = 4_000_000
Kind = Literal["run", "comparison", "job"]
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """Where and when it was made: `machine` is the device's name, `date` the day (UTC), such as 2026-11-24."""

    name: str = ""
    kind: Kind
    machine: str
    date: str
    format: int = FORMAT


def recordings_root() -> Path:
    """The folder of the recordings that come with GPU Lab."""
    return resource("recordings")


def root_for(name: str, lesson: Path) -> Path:
    """Where the recording `name` of a lesson lies: in `recordings` beside its file `lesson`, or with GPU Lab."""
    beside = lesson.parent / "recordings"
    return beside if recorded(name, beside) else recordings_root()


def recorded(name: str, root: Path | None = None) -> Recording | None:
    """What is known of the recording called `name`; None where there is none."""
    found = read_json((root or recordings_root()) / name / RECORDING, Recording)
    return msgspec.structs.replace(found, name=name) if found and found.format == FORMAT else None


def opened(name: str, root: Path | None = None) -> Path:
    """The folder of the recording as one that can be read like any run's: a copy, because reading leaves files behind.

    Raises BadInput `lesson_recording_missing`.
    """
    source = (root or recordings_root()) / name
    if recorded(name, root) is None:
        raise refuse("lesson_recording_missing", name=name)
    target = home() / "recordings" / _group(source.parent) / name
    stamp = max(path.stat().st_mtime_ns for path in source.rglob("*"))
    if read_json(target / "copied.json", int) != stamp:
        try:
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target)
            write_whole(target / "copied.json", str(stamp).encode())
        except OSError as error:
            raise not_writable(target, error) from error
    return target


def _group(root: Path) -> str:
    """A name of its own for each folder of recordings: two may hold one of the same name."""
    return hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:12]


def name_like(text: str) -> str:
    """A name that a recording may have, as near to `text` as can be."""
    return re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")[:64] or "recording"


def record(folder: Path, name: str, root: Path | None = None) -> tuple[Path, Recording]:
    """Writes the recording `name` of the finished run, comparison or job in `folder`. Raises BadInput."""
    if not _NAME.fullmatch(name):
        raise refuse("recording_name_odd", name=name)
    folder, target = folder.resolve(), (root or recordings_root()) / name
    kind = kind_of(folder)
    if target.exists():
        raise refuse("recording_exists", name=name)
    if state_of(folder) != "done":
        raise refuse("recording_unfinished", path=str(folder))
    files = {path: _without_places(path.read_text(encoding="utf-8"), folder) for path in _kept(folder, kind)}
    size = sum(map(len, files.values()))
    if size > LARGEST_BYTES:
        raise refuse("recording_too_large", bytes=size, limit=LARGEST_BYTES)
    made = Recording(kind=kind, machine=_machine(folder), date=_date(folder))
    try:
        for path, text in files.items():
            place = target / path.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        write_whole(target / RECORDING, msgspec.json.format(msgspec.json.encode(made)))
    except OSError as error:
        shutil.rmtree(target, ignore_errors=True)
        raise not_writable(target, error) from error
    return target, msgspec.structs.replace(made, name=name)


def kind_of(folder: Path) -> Kind:
    """What lies in `folder`. Raises BadInput `run_missing`."""
    if is_comparison(folder):
        return "comparison"
    if is_job(folder):
        return "job"
    if is_run(folder):
        return "run"
    raise refuse("run_missing", path=str(folder))


def _kept(folder: Path, kind: Kind) -> Iterator[Path]:
    names = {EVENTS, EXPERIMENT, JOB, COMPARISON}
    yield from (path for path in sorted(folder.iterdir()) if path.name in names)
    if kind == "comparison":
        yield from sorted((folder / ARMS).glob(f"*{SUFFIX}"))
        for run_dir in sorted((folder / "runs").glob("*/")):
            yield from (path for path in sorted(run_dir.iterdir()) if path.name in names)


def _without_places(text: str, folder: Path) -> str:
    """`text` without the paths of the machine that wrote it."""
    for place, shown in ((folder, "."), (folder.parent, ".."), (home(), "~gpulab"), (Path.home(), "~")):
        text = text.replace(str(place), shown)
    return text


def _machine(folder: Path) -> str:
    run_dirs = [folder, *sorted((folder / "runs").glob("*/"))]
    for run_dir in run_dirs:
        for document in read_all(run_dir):
            if isinstance(document, RunStarted | JobStarted):
                return document.device_name or document.device
    return "unknown"


def _date(folder: Path) -> str:
    kinds = (RunStarted, JobStarted, ComparisonStarted, RunEnded)
    at = max((document.at for document in read_all(folder) if isinstance(document, kinds)), default=0.0)
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
