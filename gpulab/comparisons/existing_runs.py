"""A comparison of runs that were there before: nothing is run, what they recorded is put side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from gpulab.comparisons.arm_names import of_changes
from gpulab.comparisons.beginning import beginning
from gpulab.comparisons.differing import differences
from gpulab.comparisons.folder import create, create_at, is_comparison, named, runs_of
from gpulab.comparisons.variants import MOST_ARMS, USUAL, with_seed
from gpulab.events.documents import AnyDocument, ArmRun, Notice, RunEnded
from gpulab.events.log import EventLog, read_all
from gpulab.hardware.strain import THROTTLED, WAITED
from gpulab.runs.folder import EXPERIMENT, existing, meta_of
from gpulab.runs.reading import digest_of
from gpulab.runs.recovery import close_if_vanished
from gpulab.runs.state import ACTIVE, state_of
from gpulab.spec.comparison import Arm, Comparison, Rules
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import experiment_hash, load
from gpulab.spec.jobs import is_job
from gpulab.spec.problem import Argument, refuse
from gpulab.techniques import REGISTRY


class _Side(msgspec.Struct):
    """Runs of one experiment by seed, and those that another run of the same seed left no place for."""

    experiment: Experiment
    name: str
    runs: dict[int, Path]
    spare: list[tuple[int, Path]]


def compare_runs(
    root: Path, run_dirs: Sequence[Path], baseline: Path, rules: Rules = USUAL, at: Path | None = None
) -> Path:
    """A finished comparison below `root` of the runs in `run_dirs`, against those like `baseline`.

    Runs of the same experiment are one side, whatever their seed and name. Runs of a single experiment are compared
    with themselves: the compressed model with the trained one. Raises BadInput where that makes no two sides, a run is
    still at work, or no seed was run on both sides. It stands at `at`, where that is given.
    """
    sides = _sides([existing(path) for path in run_dirs], existing(baseline))
    if len(sides) > MOST_ARMS:
        raise refuse("too_many_arms", "arms", count=len(sides), most=MOST_ARMS)
    keyed = {f"side-{number}": side for number, side in enumerate(sides, 1)}
    arms = _compressed_arms(sides[0]) if len(sides) == 1 else [Arm(key, name) for key, name in _names(keyed).items()]
    experiments = {arm.key: keyed[arm.runs_of or arm.key].experiment for arm in arms}
    apart = [side for side in sides[1:] if not sides[0].runs.keys() & side.runs.keys()]
    if apart and len(apart) == len(sides) - 1:
        raise refuse("no_seed_in_common", base=sides[0].name, other=apart[0].name)
    comparison = Comparison(f"{arms[0].name}: against {_others(arms)}", "runs", tuple(arms), rules)
    folder = create_at(at, comparison, experiments) if at else create(root, comparison, experiments)
    with EventLog(folder) as log:
        log.append(_record(folder, comparison, keyed, apart))
    return folder


def _sides(run_dirs: Sequence[Path], baseline: Path) -> list[_Side]:
    """The runs by experiment, the side of `baseline` first."""
    found: dict[str, _Side] = {}
    for run_dir in dict.fromkeys([baseline, *run_dirs]):
        if is_job(run_dir):
            raise refuse("run_missing", path=str(run_dir))
        close_if_vanished(run_dir)
        if state_of(run_dir) in (*ACTIVE, "queued"):
            raise refuse("run_not_over", path=str(run_dir))
        experiment = load(run_dir / EXPERIMENT, REGISTRY)
        name = meta_of(run_dir).name or experiment.name
        side = found.setdefault(experiment_hash(with_seed(experiment, 0)), _Side(experiment, name, {}, []))
        _add(side, experiment.training.seed, run_dir)
    return list(found.values())


def _add(side: _Side, seed: int, run_dir: Path) -> None:
    """Of two runs with the same seed the one that is done counts, else the first."""
    there = side.runs.setdefault(seed, run_dir)
    if there == run_dir:
        return
    if state_of(there) != "done" and state_of(run_dir) == "done":
        side.runs[seed], run_dir = run_dir, there
    side.spare.append((seed, run_dir))


def _names(sides: Mapping[str, _Side]) -> dict[str, str]:
    """What the sides are called: as their runs are; where two are alike, by what they have otherwise."""
    base, *_ = sides.values()
    taken = [side.name for side in sides.values()]
    names: dict[str, str] = {}
    for key, side in sides.items():
        name = side.name
        if taken.count(name) > 1 and side is not base:
            changed = differences(base.experiment, side.experiment)
            told = of_changes(side.experiment, {path: value for path, value in changed.items() if value is not None})
            name = f"{name}, {told}"
        names[key] = name
    return names


def _compressed_arms(side: _Side) -> list[Arm]:
    if not any("compressed" in digest_of(run_dir).summary for run_dir in side.runs.values()):
        raise refuse("too_few_arms", "arms", count=1)
    return [Arm("trained", f"{side.name}, as trained", "trained", "side-1"), Arm("side-1", f"{side.name}, compressed")]


def _others(arms: Sequence[Arm]) -> str:
    return arms[1].name if len(arms) == 2 else f"{len(arms) - 1} others"


def _record(
    folder: Path, comparison: Comparison, sides: Mapping[str, _Side], apart: Sequence[_Side]
) -> Iterator[AnyDocument]:
    yield beginning(comparison)
    for key, side in sides.items():
        for seed, run_dir in sorted(side.runs.items()):
            yield ArmRun(arm=key, seed=seed, run=named(folder, run_dir))
            yield from _disturbed(key, seed, run_dir)
        for seed, run_dir in side.spare:
            told: dict[str, Argument] = {"name": side.name, "number": seed, "run": run_dir.name}
            yield Notice(key="run_counted_once", arguments=told)
        if side in apart:
            yield Notice(key="side_without_common_seed", arguments={"name": side.name})
    yield RunEnded(status="done", step=0, reason="comparison_of_runs")


def _disturbed(arm: str, seed: int, run_dir: Path) -> Iterator[AnyDocument]:
    """What was noticed of a run while a comparison made it: that something else slowed it down stays true of it."""
    made_in = run_dir.parent.parent
    if not is_comparison(made_in):
        return
    sides = {(of, number) for (of, number), path in runs_of(made_in).items() if path.resolve() == run_dir.resolve()}
    for one in read_all(made_in):
        told = one.arguments if isinstance(one, Notice) and one.key in (WAITED, THROTTLED) else {}
        if (told.get("arm"), told.get("seed")) in sides:
            yield msgspec.structs.replace(one, arguments={**told, "arm": arm, "seed": seed})
