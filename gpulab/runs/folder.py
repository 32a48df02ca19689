"""A run is a folder: what stands in it, and how a new one comes to be.

experiment.toml   what is trained            worker.json   which process works on it
events.jsonl      what happened              worker.log    what that process printed
control.jsonl     what it was told           meta.json     its name and colour on the screen
control.begin     where in it the orders for a worker that is just starting begin
columns.bin       the samples as columns, made from events.jsonl again whenever they do not fit
"""

from __future__ import annotations

import re
import secrets
import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec
from filelock import FileLock

from gpulab.events.reader import EVENTS
from gpulab.runs.files import not_writable, read_json, write_whole
from gpulab.spec import files as experiment_files
from gpulab.spec.comparison import COMPARISON
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import BadInput, refuse

EXPERIMENT = "experiment.toml"
META = "meta.json"
_COLORS = "next_color"


class Meta(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a run is shown: `name` where a person renamed it, `color` an index into the palette that never changes."""

    color: int
    name: str = ""


def create(root: Path, experiment: Experiment | None, name: str = "") -> Path:
    """A new folder below `root`, named like `20261123-114500-gpt-mini-3f2a`, with the experiment in it.

    What has no experiment is named after `name`.
    Raises BadInput `folder_not_writable`; nothing is left behind then.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        run_dir = _fresh(root.resolve(), experiment.name if experiment else name)
    except OSError as error:
        raise not_writable(root, error) from error
    try:
        if experiment:
            experiment_files.save(experiment, run_dir / EXPERIMENT)
        write_whole(run_dir / META, msgspec.json.encode(Meta(_next_color(root))))
    except BadInput:
        for path in (run_dir / META, run_dir / EXPERIMENT):
            path.unlink(missing_ok=True)
        run_dir.rmdir()
        raise
    return run_dir


def _fresh(root: Path, name: str) -> Path:
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "run"
    while True:
        run_dir = root / f"{datetime.now().astimezone():%Y%m%d-%H%M%S}-{slug}-{secrets.token_hex(2)}"
        with suppress(FileExistsError):  # drawn twice within a second: draw again
            run_dir.mkdir()
            return run_dir


def _next_color(root: Path) -> int:
    """Counts up for ever, so that deleting a run gives its colour to nobody else."""
    path = root / _COLORS
    try:
        with FileLock(root / f".{_COLORS}.lock"):
            color = read_json(path, int) or 0
            write_whole(path, str(color + 1).encode())
            return color
    except OSError as error:
        raise not_writable(root, error) from error


def meta_of(run_dir: Path) -> Meta:
    """How the run is shown. A folder that came from elsewhere gets its colour from its name, so it keeps it too."""
    found = read_json(run_dir / META, Meta)
    return found or Meta(sum(run_dir.name.encode()) % 97)


def remove_drafts(run_dir: Path) -> None:
    """Removes the half-written checkpoints of killed workers. Only call where no worker is at work."""
    for draft in (run_dir / "checkpoints").glob(".draft-*"):
        shutil.rmtree(draft, ignore_errors=True)


def is_run(run_dir: Path) -> bool:
    return (run_dir / EXPERIMENT).is_file() or (run_dir / EVENTS).is_file()


def existing(path: Path) -> Path:
    """The absolute path of the run at `path`. Raises BadInput `run_missing` or `run_is_comparison` where none is."""
    if (path / COMPARISON).is_file():
        raise refuse("run_is_comparison", path=str(path), runs=str(path / "runs"))
    if not is_run(path):
        raise refuse("run_missing", path=str(path))
    return path.resolve()
