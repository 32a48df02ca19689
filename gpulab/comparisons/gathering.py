"""Which files of a comparison or a run go into its bundle, and where runs that lie elsewhere find their place in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from gpulab.comparisons import folder as comparisons
from gpulab.comparisons.manifest import JOBS, MODEL_FILES, RUN_FILES, RUNS, Kind, fresh_name
from gpulab.events.codec import encode
from gpulab.events.documents import AnyDocument, ArmRun, ArmTuned
from gpulab.events.log import LOCK, is_locked, read_all, whole_bytes
from gpulab.events.reader import EVENTS
from gpulab.runs.folder import EXPERIMENT, is_run
from gpulab.spec import files, jobs
from gpulab.spec.comparison import ARMS, COMPARISON
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import refuse
from gpulab.spec.setting import settings_of
from gpulab.techniques import REGISTRY


class Source(msgspec.Struct, frozen=True):
    """A file to be packed as `path`: `size` bytes of `file`, or `content` where it was made for the bundle."""

    path: str
    size: int
    file: Path | None = None
    content: bytes = b""


class Gathered(msgspec.Struct):
    """What will be packed. `told` are the paths of this machine that its settings name, `gone` the runs not found."""

    kind: Kind
    name: str
    folder: str
    sources: list[Source] = []
    told: list[str] = []
    gone: list[str] = []


def gather(place: Path, models: bool) -> Gathered:
    """Everything in the comparison or run at `place` that belongs in a bundle; with its models if `models`.

    Raises BadInput where there is neither, where it is being worked on, where a file cannot be read or leads elsewhere.
    """
    try:
        return _gathered(place.resolve(), models)
    except OSError as error:
        where = str(error.filename or place)
        raise refuse("bundle_source_unreadable", path=where, detail=error.strerror or str(error)) from error


def _gathered(place: Path, models: bool) -> Gathered:
    if comparisons.is_comparison(place):
        return _comparison(place, models)
    if not is_run(place) or jobs.is_job(place):
        raise refuse("nothing_to_pack", path=str(place))
    experiment = files.load(place / EXPERIMENT, REGISTRY)
    gathered = Gathered("run", experiment.name, fresh_name(place.name, set()))
    _add_run(gathered, place, "", models)
    return gathered


def _comparison(place: Path, models: bool) -> Gathered:
    _check_idle(place)
    comparison, _ = comparisons.load(place)
    gathered = Gathered("comparison", comparison.name, fresh_name(place.name, set()))
    _add(gathered, place / COMPARISON, COMPARISON)
    for arm in sorted(comparison.arms, key=lambda arm: arm.key):
        file = comparisons.arm_file(place, arm.key)
        gathered.told += absolute_paths(files.load(file, REGISTRY))
        _add(gathered, file, f"{ARMS}/{file.name}")
    moving = _Moving(place)
    record = b"".join(encode(moving.moved(document)) for document in read_all(place))
    if record:
        gathered.sources.append(Source(EVENTS, len(record), content=record))
    for path, name in moving.folders.items():
        if is_run(path):
            _add_run(gathered, path, f"{name}/", models)
        else:
            gathered.gone.append(str(path))
    gathered.told = sorted(set(gathered.told))
    return gathered


class _Moving:
    """Gives each run and search of a comparison its place in the bundle, wherever it lies now."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._taken: dict[str, set[str]] = {RUNS: set(), JOBS: set()}
        self.folders: dict[Path, str] = {}
        for kind in (RUNS, JOBS):
            for path in _runs_in(place / kind):
                self._name(kind, path)

    def moved(self, document: AnyDocument) -> AnyDocument:
        """`document` as it stands in the bundle."""
        if isinstance(document, ArmRun):
            return msgspec.structs.replace(document, run=self._name(RUNS, self._place / document.run))
        if isinstance(document, ArmTuned):
            return msgspec.structs.replace(document, job=self._name(JOBS, self._place / document.job))
        return document

    def _name(self, kind: str, path: Path) -> str:
        real = path.resolve()
        if real not in self.folders:
            self.folders[real] = f"{kind}/{fresh_name(path.name, self._taken[kind])}"
        return self.folders[real]


def _runs_in(root: Path) -> Iterator[Path]:
    if root.is_symlink():
        raise refuse("bundle_link", path=str(root))
    for path in sorted(root.iterdir()) if root.is_dir() else []:
        if not path.name.startswith(".") and is_run(path):
            if path.is_symlink():
                raise refuse("bundle_link", path=str(path))
            yield path


def _add_run(gathered: Gathered, run_dir: Path, prefix: str, models: bool) -> None:
    _check_idle(run_dir)
    if (run_dir / EXPERIMENT).is_file():
        gathered.told += absolute_paths(files.load(run_dir / EXPERIMENT, REGISTRY))
    if prefix.startswith(JOBS):
        settings = jobs.load(run_dir).settings
        gathered.told += [v for v in msgspec.to_builtins(settings).values() if _is_absolute(v)]
        _add(gathered, run_dir / jobs.JOB, prefix + jobs.JOB)
    for name in (*RUN_FILES, *(MODEL_FILES if models else ())):
        if (run_dir / name).exists():
            _add(gathered, run_dir / name, prefix + name)


def _add(gathered: Gathered, file: Path, path: str) -> None:
    if file.is_symlink():
        raise refuse("bundle_link", path=str(file))
    with file.open("rb") as opened:
        size = whole_bytes(opened) if file.name == EVENTS else opened.seek(0, 2)
    gathered.sources.append(Source(path, size, file))


def _check_idle(place: Path) -> None:
    """What is half done would be packed half done, and opened as if it had broken off."""
    with suppress(OSError):  # where no lock can be made, nobody holds one
        if (place / LOCK).exists() and is_locked(place):
            raise refuse("bundle_still_working", path=str(place))


def absolute_paths(experiment: Experiment) -> list[str]:
    """The paths of this machine that the settings of `experiment` name: its text, a run that it starts from."""
    return [
        str(named)
        for settings in (experiment, *experiment.techniques.values())
        for setting in settings_of(type(settings))
        if setting.leads_to and _is_absolute(named := _at(settings, setting.path))
    ]


def _at(settings: msgspec.Struct, path: str) -> object:
    value: object = settings
    for name in path.split("."):
        value = getattr(value, name)
    return value


def _is_absolute(value: object) -> bool:
    return isinstance(value, str) and Path(value).is_absolute()
