"""The engine against a plain loop of the same settings: does it learn the same, and how much sooner is it done?

The engine's sides have the environment that a worker is started with (`gpulab.runs.launcher`), the plain loop has a
script's. A second plain loop with a worker's environment tells apart what the loop brings and what its surroundings.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import msgspec

from gpulab.analysis.intervals import Interval, mean, paired_ratio
from gpulab.bench.rows import Row, Target, exact, measured, not_shown
from gpulab.bench.side import ENGINES_OWN, LOOKED_AT, PLAIN, Asked, Side, side
from gpulab.hardware.machine import this_machine
from gpulab.spec.presets import experiment_from

PLAIN_TUNED = "plain loop, worker's environment"
FP32, FP32_COMPILED, BF16, BF16_COMPILED = "fp32", "fp32, compiled", "bf16", "bf16, compiled"

SIDES: Mapping[str, Mapping[str, Mapping[str, Any]] | None] = {
    PLAIN: None,
    PLAIN_TUNED: None,
    FP32: {},
    FP32_COMPILED: {"compilation": {}},
    BF16: {"precision": {"mode": "bf16"}},
    BF16_COMPILED: {"precision": {"mode": "bf16"}, "compilation": {}},
}
"""What each side of a race trains with; the plain loops with none of it."""

_MINI = {FP32: 1.05, FP32_COMPILED: 1.10, BF16_COMPILED: 1.6}
_SMALL = {BF16: 2.0}

COMPARED_AFTER = 200
"""Steps after which losses are compared digit by digit."""

_MOST_APART = 1e-5
_SHOWN = 5
_PROFILES = 3
"""Looks at each side's hot loop, in turn: on a busy machine a single one may tell little."""

_SETTLING = 2
"""Looks before those. In the first two the engine's GELU takes three to five times as long as usual: what the profiler
keeps takes memory, and the largest tensors move to pages not used before (6,268 page faults in ten steps, then 804;
in training none)."""

_AMX = "amx_bf16"


class _Size(msgspec.Struct, frozen=True):
    """How long a race is: `windows` of `steps` steps for each side and seed."""

    preset: str
    seeds: tuple[int, ...]
    windows: int
    steps: int


class _Race(msgspec.Struct, frozen=True):
    """By side: seconds of each window, validation losses (after `COMPARED_AFTER` steps, at the end) of each seed, and
    milliseconds of a step by operator."""

    seconds: dict[str, list[float]]
    early: dict[str, list[float]]
    late: dict[str, list[float]]
    loops: dict[str, dict[str, float]]


def run(quick: bool) -> list[Row]:
    """All sides over the same seeds, in windows that take turns."""
    if quick:
        return _rows(_Size("mini", (1, 2), 6, 10), {FP32: _MINI[FP32]})
    return [
        *_rows(_Size("mini", (1337, 1338, 1339), 40, 10), _MINI),
        *_rows(_Size("small", (1337,), 20, 2), _SMALL),
    ]


def _rows(size: _Size, targets: Mapping[str, float]) -> list[Row]:
    short = not ({_AMX} & set(this_machine().flags))
    shown = [name for name in targets if not (short and "bf16" in name)]
    race = _race(size, [PLAIN, PLAIN_TUNED, *shown])
    length = f"{len(size.seeds)} seed(s) x {size.windows * size.steps} steps"
    threads = os.environ.get("OMP_NUM_THREADS", "?")
    how = (
        f"preset {size.preset} on Shakespeare, {length}, sides in processes of their own taking turns every "
        f"{size.steps} steps, {threads} thread(s) each; the first window of each is warm-up"
    )
    own = f"the engine's sides in a worker's environment ({', '.join(ENGINES_OWN)}: large pages, memory kept)"
    rows = []
    for name, bound in targets.items():
        title, target = f"{size.preset}, {name}: engine against plain loop", Target("at least", bound)
        if name in shown:
            ratio = paired_ratio(race.seconds[PLAIN], race.seconds[name])
            rows.append(measured(title, ratio, "x tokens/s", f"{how}; {own}, the plain loop in a script's", target))
        else:
            rows.append(not_shown(title, "x tokens/s", how, target, "this processor has no AMX"))
    rows += _parts(race, size, shown, how)
    tokens = size.steps * experiment_from(size.preset).tokens_per_step
    for name, seconds in race.seconds.items():
        speed = tokens / statistics.median(seconds)
        rows.append(exact(f"{size.preset}, {name}", speed, "tokens/s", f"{how}; median window"))
    return [*rows, *_losses(race, size, length), *_loops(race, size)]


def _parts(race: _Race, size: _Size, shown: Sequence[str], how: str) -> list[Row]:
    """The same ratios in one environment, and what that environment brings the plain loop."""
    both = f"{how}; both in a worker's environment"
    alone = f"{how}; the plain loop in a worker's environment and in a script's"
    ratios = {name: paired_ratio(race.seconds[PLAIN_TUNED], race.seconds[name]) for name in shown}
    return [
        *(measured(f"{size.preset}, {name}: its loop alone", one, "x tokens/s", both) for name, one in ratios.items()),
        measured(
            f"{size.preset}: a worker's environment alone",
            paired_ratio(race.seconds[PLAIN], race.seconds[PLAIN_TUNED]),
            "x tokens/s",
            alone,
        ),
    ]


def _race(size: _Size, names: Sequence[str]) -> _Race:
    race = _Race({name: [] for name in names}, {name: [] for name in names}, {name: [] for name in names}, {})
    for seed in size.seeds:
        with ExitStack() as stack:
            steps = size.windows * size.steps + (_SETTLING + _PROFILES) * LOOKED_AT
            sides = {
                name: stack.enter_context(side(Asked(size.preset, seed, steps, SIDES[name], tuned=name != PLAIN)))
                for name in names
            }
            for window in range(size.windows):
                for name in names if window % 2 else reversed(names):
                    seconds = sides[name].seconds_for(size.steps)
                    race.seconds[name] += [seconds] if window else []
                if (window + 1) * size.steps == min(COMPARED_AFTER, size.windows * size.steps):
                    for name in names:
                        race.early[name].append(sides[name].loss())
            for name in names:
                race.late[name].append(sides[name].loss())
            if not race.loops:
                race.loops.update(_costs(sides))
    return race


def _costs(sides: Mapping[str, Side]) -> dict[str, dict[str, float]]:
    """Milliseconds of a step by operator for each side, the costliest first: medians of looks that take turns."""
    looks: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    for _ in range(_SETTLING + _PROFILES):
        for name, one in sides.items():
            looks[name].append(one.loop())
    costs = {}
    for name in sides:
        seen = looks[name][_SETTLING:]
        medians = {key: statistics.median(look.get(key, 0.0) for look in seen) for key in seen[0]}
        costs[name] = dict(sorted(medians.items(), key=lambda cost: -cost[1]))
    return costs


def _losses(race: _Race, size: _Size, length: str) -> list[Row]:
    rows = []
    after = min(COMPARED_AFTER, size.windows * size.steps)
    for name in race.early:
        if "fp32" in name:
            apart = max(abs(a - b) for a, b in zip(race.early[name], race.early[PLAIN], strict=True))
            title = f"{size.preset}, {name}: loss differs from the plain loop's by"
            how = f"validation loss after {after} steps; the seed of {len(size.seeds)} that differs most"
            rows.append(exact(title, apart, "nats", how, Target("at most", _MOST_APART)))
        elif SIDES[name] is not None and len(size.seeds) > 1:
            rows.append(_same_loss(name, race.late[name], race.late[PLAIN], f"preset {size.preset}, {length}"))
    title = f"{size.preset}, {PLAIN}: validation loss"
    return [*rows, exact(title, statistics.fmean(race.late[PLAIN]), "nats", f"{length}; mean over seeds")]


def _same_loss(name: str, engine: list[float], plain: list[float], how: str) -> Row:
    """Within seed noise: the mean paired difference, interval and all, is smaller than seeds differ by themselves."""
    noise = statistics.stdev(plain)
    difference = mean([one - other for one, other in zip(engine, plain, strict=True)])
    size = Interval(abs(difference.value), 0.0, max(-difference.low, difference.high))
    paired = f"{how}; mean paired difference of validation loss, t-interval; the target is the spread between seeds"
    title = f"{name}: loss differs from the plain loop's, within the noise of seeds, by"
    return measured(title, size, "nats", paired, Target("at most", noise))


def _loops(race: _Race, size: _Size) -> list[Row]:
    """Where the time of a step goes: the profile beside the claim."""
    rows = []
    for name, costs in race.loops.items():
        whole = sum(costs.values())
        for operator, milliseconds in list(costs.items())[:_SHOWN]:
            how = (
                f"{100 * milliseconds / whole:.0f} % of a step under torch's profiler, which slows it; first seed, "
                f"median of {_PROFILES} looks in turn"
            )
            rows.append(exact(f"{size.preset}, {name}: {_short(operator)}", milliseconds, "ms/step", how))
    return rows


def _short(operator: str) -> str:
    return "a compiled graph" if "CompiledFxGraph" in operator else operator.removeprefix("aten::")
