"""Experiments on disk: `NAME.gpulab.toml`, versioned, written in full, read strictly.

A file that names its `format` was written here, so it holds every setting: one that lacks any was cut off. A file that
somebody wrote by hand may leave out both.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import msgspec

from gpulab.spec.decode import Registry, Table, decode, encode, first_missing
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import detail_of, refuse
from gpulab.spec.setting import settings_of

FORMAT = 3
SUFFIX = ".gpulab.toml"
S = TypeVar("S", bound=msgspec.Struct)
_LARGEST_BYTES = 1_000_000


def _with_vocabulary_size(table: Table) -> Table:
    """Format 2 knows how large a vocabulary byte pairs make; nothing read it before."""
    data = table.get("data")
    return {**table, "data": {"vocabulary_size": 1024, **data}} if isinstance(data, dict) else table


def _with_examine(table: Table) -> Table:
    """Format 3 says whether dangers are looked for; nothing that is learned depends on it."""
    evaluation = table.get("evaluation")
    return {**table, "evaluation": {"examine": True, **evaluation}} if isinstance(evaluation, dict) else table


MIGRATIONS: Mapping[int, Callable[[Table], Table]] = {1: _with_vocabulary_size, 2: _with_examine}
"""For each older format, the function that rewrites its tables into the next one; old files open for ever."""


def save(experiment: Experiment, path: Path) -> None:
    """Writes `experiment` to `path` in one piece: a reader sees the old file or the new one. Raises BadInput."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(as_text(experiment), encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):  # where nothing can be written, nothing can be removed either
            beside.unlink()
        raise refuse("folder_not_writable", path=str(path), detail=detail_of(error)) from error


def as_text(experiment: Experiment) -> str:
    """What a file of `experiment` says."""
    import tomli_w  # the window reads before its first paint, and writes only long after it

    return tomli_w.dumps({"format": FORMAT, **encode(experiment)})


def as_json(experiment: Experiment) -> str:
    """The same for a place that only this program reads: before the first paint, which must not wait for TOML."""
    return msgspec.json.encode({"format": FORMAT, **encode(experiment)}).decode()


def from_text(text: str, registry: Registry) -> Experiment:
    """The experiment that `as_text` or `as_json` wrote. Raises BadInput where it is not whole or not legal."""
    return decode(migrated(_table(text), ""), registry)


def bare_from_text(text: str) -> tuple[Experiment, bool]:
    """The same without its techniques, which then need not be known, and whether it has any. Raises BadInput."""
    table = migrated(_table(text), "")
    techniques = table.pop("techniques", {})
    return decode(table, {}), bool(techniques)


def _table(text: str) -> Table:
    try:
        if text.startswith("{"):
            return msgspec.json.decode(text, type=Table)
        import tomllib

        return tomllib.loads(text)
    except (msgspec.MsgspecError, ValueError) as error:
        raise refuse("experiment_unreadable", path="", detail=str(error)) from error


def load(path: Path, registry: Registry) -> Experiment:
    """The experiment in `path`. Raises BadInput where it is missing, damaged, newer than this program or wrong."""
    if not path.is_file():
        raise refuse("experiment_missing", path=str(path))
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise refuse("experiment_unreadable", path=str(path), detail="it is far too large")
        content = path.read_bytes()
    except OSError as error:
        raise refuse("experiment_unreadable", path=str(path), detail=detail_of(error)) from error
    return from_file(content, str(path), registry)


def from_file(content: bytes, origin: str, registry: Registry) -> Experiment:
    """The experiment in the `content` of a file, which is called `origin`. Raises BadInput as `load` does."""
    import tomllib

    try:
        text = content.decode()
        table = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise refuse("experiment_unreadable", path=origin, detail=detail_of(error)) from error
    if not table:
        raise refuse("experiment_empty", path=origin)
    present = migrated(table, origin)
    if "format" in table and (lost := first_missing(present) or ("" if text.endswith("\n") else "the last line's end")):
        raise refuse("experiment_cut", path=origin, lost=lost)
    return decode(present, registry)


def with_text_found(experiment: Experiment, path: Path) -> Experiment:
    """`experiment` of the file at `path`, the paths that it names (its text, a run to start from) made absolute.

    A relative one is looked for from where the program was started, then beside the file. Runs of a comparison lie side
    by side and start from each other: where such a folder was moved, the other is found where it lies now.
    """
    beside = path.resolve().parent
    techniques = {name: _with_paths_found(settings, beside) for name, settings in experiment.techniques.items()}
    data = _with_paths_found(experiment.data, beside)
    return msgspec.structs.replace(experiment, data=data, techniques=MappingProxyType(techniques))


def _with_paths_found(settings: S, beside: Path) -> S:
    changed = {}
    for setting in settings_of(type(settings)):
        if setting.leads_to and (named := getattr(settings, setting.path)):
            places = [folder / Path(named).expanduser() for folder in (Path.cwd(), beside)]
            if Path(named).parent.name == beside.parent.name:
                places.append(beside.parent / Path(named).name)
            changed[setting.path] = str(next((place for place in places if place.exists()), places[0]))
    return msgspec.structs.replace(settings, **changed) if changed else settings


def migrated(
    table: Table, origin: str, migrations: Mapping[int, Callable[[Table], Table]] = MIGRATIONS, known: int = FORMAT
) -> Table:
    """`table` rewritten step by step into the `known` format, without its `format` key."""
    found = table.get("format", known)
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise refuse("wrong_type", "format", value=str(found), expected="a whole number from 1")
    if found > known:
        raise refuse("experiment_newer", path=origin, found=found, known=known)
    for older in range(found, known):
        table = migrations[older](table)
    return {name: value for name, value in table.items() if name != "format"}


def experiment_hash(experiment: Experiment) -> str:
    """Twelve hexadecimal digits that name what is trained: all settings but the experiment's own name."""
    import hashlib
    import json

    table = {name: value for name, value in encode(experiment).items() if name != "name"}
    return hashlib.sha256(json.dumps(table, sort_keys=True).encode()).hexdigest()[:12]
