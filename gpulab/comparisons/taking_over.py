"""Takes finished runs of an earlier comparison over into one that asks the same, so that nothing is trained twice."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from gpulab.comparisons.folder import JOBS, RUNS, is_comparison, load, named, runs_of
from gpulab.events.documents import AnyDocument, ArmRun, ArmTuned, Notice
from gpulab.events.log import read_all
from gpulab.hardware.strain import THROTTLED, WAITED
from gpulab.runs.files import not_writable, write_whole
from gpulab.runs.state import state_of
from gpulab.spec.comparison import Rules
from gpulab.spec.files import experiment_hash

EARLIER = "earlier.txt"
"""Names the folder of the earlier comparison until its runs have been taken over."""


def mark(folder: Path, earlier: Path) -> None:
    """Has the conductor of `folder` take over what is done in `earlier`. Raises BadInput."""
    write_whole(folder / EARLIER, str(earlier.resolve()).encode())


def taken_over(folder: Path) -> list[AnyDocument]:
    """What is to be written into the record of `folder` about the runs that were taken over; they lie there then.

    Only arms that train the same experiment under the same search of rates: any other run would answer another
    question. Files are linked where the disk can, else copied, so that the earlier comparison may be deleted; of one
    that is gone already nothing is taken. Raises BadInput where nothing can be written.
    """
    try:
        earlier = Path((folder / EARLIER).read_text(encoding="utf-8"))
    except OSError:
        return []
    return list(_taken(earlier, folder)) if is_comparison(earlier) else []


def _taken(earlier: Path, folder: Path) -> Iterator[AnyDocument]:
    (before, old), (now, new) = load(earlier), load(folder)
    same = {key for key in old.keys() & new.keys() if experiment_hash(old[key]) == experiment_hash(new[key])}
    same &= {arm.key for arm in now.arms if arm in before.arms}
    same = {key for key in same if now.arm(key).starts_from in {"", *same}}
    if _search(before.rules) != _search(now.rules):
        return
    there, runs = runs_of(folder), runs_of(earlier)
    wanted = ((key, path) for key, path in runs.items() if key[0] in same and key not in there)
    taken = {key: path for key, path in wanted if state_of(path) == "done"}
    for one in read_all(earlier):
        match one:
            case ArmTuned() if one.arm in same:
                job_dir = earlier / one.job
                yield msgspec.structs.replace(one, job=named(folder, _linked(job_dir, folder / JOBS / job_dir.name)))
            case ArmRun() if earlier / one.run == taken.get((one.arm, one.seed)):
                run_dir = earlier / one.run
                yield msgspec.structs.replace(one, run=named(folder, _linked(run_dir, folder / RUNS / run_dir.name)))
            case Notice() if one.key in (WAITED, THROTTLED):
                if (one.arguments.get("arm"), one.arguments.get("seed")) in taken:
                    yield one
            case _:
                pass


def _search(rules: Rules) -> tuple[int, ...]:
    return (rules.tune_trials, rules.tune_steps) if rules.tune else ()


def _linked(source: Path, target: Path) -> Path:
    """`target`, with the same files as `source`: nobody writes into those of a run that is done."""
    shutil.rmtree(target, ignore_errors=True)  # what somebody left who was killed before it could be recorded
    try:
        shutil.copytree(source, target, copy_function=_link)
    except (OSError, shutil.Error) as error:
        shutil.rmtree(target, ignore_errors=True)
        raise not_writable(target, error if isinstance(error, OSError) else OSError(str(error))) from error
    return target


def _link(source: str, target: str) -> str:
    with suppress(OSError):
        os.link(source, target)
        return target
    return str(shutil.copy2(source, target))
