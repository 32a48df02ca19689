"""A comparison is a folder: what stands in it, and how a new one comes to be.

comparison.json        what is asked           events.jsonl   what its conductor did
arms/KEY.gpulab.toml   each arm's experiment   runs, jobs     the runs and searches it made
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec

from gpulab.events.documents import ArmRun
from gpulab.events.log import read_all
from gpulab.runs.files import not_writable, write_whole
from gpulab.runs.home import home
from gpulab.spec import files as experiment_files
from gpulab.spec.comparison import ARMS, COMPARISON, FORMAT, Comparison, checked
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import BadInput, detail_of, refuse
from gpulab.techniques import REGISTRY

RUNS, JOBS = "runs", "jobs"
COMPARISONS = "comparisons"
"""Beside the folder of runs, wherever that is."""


def comparisons_root() -> Path:
    """The folder that holds one folder for each comparison."""
    return home() / COMPARISONS


def create(root: Path, comparison: Comparison, experiments: Mapping[str, Experiment]) -> Path:
    """A new folder below `root`, named like `20261123-114500-with-pruning-3f2a`; `experiments` are by arm key.

    Raises BadInput; nothing is left behind then.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", comparison.name.lower()).strip("-")[:40] or "comparison"
    stamp = datetime.now().astimezone()
    return create_at(root / f"{stamp:%Y%m%d-%H%M%S}-{slug}-{secrets.token_hex(2)}", comparison, experiments)


def create_at(folder: Path, comparison: Comparison, experiments: Mapping[str, Experiment]) -> Path:
    """The same at `folder` itself, which may exist if it is empty. Raises BadInput `file_exists` where it is not."""
    checked(comparison)
    if folder.exists() and any(folder.iterdir()):
        raise refuse("file_exists", path=str(folder))
    there = folder.exists()
    try:
        (folder / ARMS).mkdir(parents=True)
    except OSError as error:
        raise not_writable(folder, error) from error
    try:
        for arm in comparison.arms:
            experiment_files.save(experiments[arm.key], arm_file(folder, arm.key))
        write_whole(folder / COMPARISON, msgspec.json.format(msgspec.json.encode(comparison)))
    except BadInput:
        shutil.rmtree(folder / ARMS if there else folder, ignore_errors=True)
        raise
    return folder.resolve()


def arm_file(folder: Path, key: str) -> Path:
    """Where the experiment of an arm stands."""
    return folder / ARMS / f"{key}{experiment_files.SUFFIX}"


def is_comparison(folder: Path) -> bool:
    return (folder / COMPARISON).is_file()


def existing(path: Path) -> Path:
    """The absolute path of the comparison at `path`. Raises BadInput `comparison_missing` where there is none."""
    if not is_comparison(path):
        raise refuse("comparison_missing", path=str(path))
    return path.resolve()


def load(folder: Path) -> tuple[Comparison, dict[str, Experiment]]:
    """What is asked, and each arm's experiment by key. Raises BadInput where any of it cannot be read."""
    comparison = read_comparison(folder)
    return comparison, {arm.key: experiment_files.load(arm_file(folder, arm.key), REGISTRY) for arm in comparison.arms}


def read_comparison(folder: Path) -> Comparison:
    """What is asked, without the arms' experiments. Raises BadInput where it cannot be read."""
    path = existing(folder) / COMPARISON
    try:
        comparison = msgspec.json.decode(path.read_bytes(), type=Comparison)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise refuse("comparison_unreadable", path=str(path), detail=detail_of(error)) from error
    if comparison.format != FORMAT:
        raise refuse("comparison_unreadable", path=str(path), detail=f"its format is {comparison.format}")
    return checked(comparison)


def runs_of(folder: Path) -> dict[tuple[str, int], Path]:
    """The run's folder for each arm and seed that has one; a run from elsewhere may be gone."""
    return {
        (document.arm, document.seed): folder / document.run  # an absolute path stays what it is
        for document in read_all(folder)
        if isinstance(document, ArmRun)
    }


def named(folder: Path, run_dir: Path) -> str:
    """How the comparison's record names `run_dir`: relative where it lies inside, so that the folder can be moved."""
    with suppress(ValueError):
        return run_dir.resolve().relative_to(folder.resolve()).as_posix()
    return str(run_dir.resolve())
