"""Takes finished runs of an earlier comparison over into one that asks the same, so that nothing is trained twice."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from gpulab.comparisons.folder import JOBS, RUNS, is_comparison, load, named, runs_of
from gpulab.comparisons.standing import Standing
from gpulab.events.documents import AnyDocument, ArmRun, ArmTuned, Notice
from gpulab.events.log import read_all
from gpulab.hardware.strain import THROTTLED, WAITED
from gpulab.runs.files import not_writable, write_whole
from gpulab.runs.state import state_of
from gpulab.spec.comparison import Asked, Rules
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
    if not may_take_over(before.rules, now.rules):
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


def may_take_over(before: Rules, now: Rules) -> bool:
    """Whether runs made under the rules `before` are those that the rules `now` would have made."""
    return _search(before) == _search(now)


def seeds_there(standing: Standing, rules: Rules) -> int:
    """For how many seeds every side of `standing` has a finished run that `rules` would not have made again."""
    if not may_take_over(standing.comparison.rules, rules):
        return 0
    done = {(one.arm, one.seed) for one in standing.observations if one.state == "done"}
    arms = [arm.key for arm in standing.comparison.arms]
    return sum(all((arm, seed) in done for arm in arms) for seed in {seed for _, seed in done})


def asked_again(before: Rules, now: Rules, looks: int) -> Rules:
    """`now`, which knows of the comparison `before`, whose runs were looked at so often and are looked at once more.

    Other numbers of seeds divide the risk of error anew, and what was spent cannot be taken back. Under the same
    numbers the looks are the same ones, whatever counts as equal or is waited for, and spend nothing more.
    """
    if not may_take_over(before, now):
        return now  # all is trained anew, under other rates
    fresh = (before.least_seeds, before.most_seeds) != (now.least_seeds, now.most_seeds)
    more = (Asked(before.most_seeds, looks),) if fresh and looks else ()
    return msgspec.structs.replace(now, asked=(*before.asked, *more))


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
