"""How soon an equal validation loss is reached: the plain loop against Muon in 16 bits, compiled.

Speed alone could be bought with a worse model. Here both sides must come to the same place: the plain loop's validation
loss at its end is the goal, and the time until the other side's loss is as low is what counts. Both sides' learning
rates are chosen beforehand on a seed of their own, from the same rates, each side by trials as long as its part in the
race: what is best early would not be best at the end.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import msgspec

from gpulab.analysis.intervals import mean
from gpulab.bench.engine import BF16_COMPILED, SIDES
from gpulab.bench.rows import Row, Target, exact, measured, not_shown
from gpulab.bench.side import PLAIN, Asked, Side, side
from gpulab.hardware.machine import this_machine

_TARGET = Target("at most", 0.3)
_TITLE = "time to the plain loop's validation loss"
_FAST = "Muon, bf16, compiled"
_SEARCH_SEED = 1
_LOOKS = 30
_WARM_UP = 3
"""Steps before the clock is looked at: the first of them compiles."""


class Size(msgspec.Struct, frozen=True):
    """The plain loop makes `steps` for each seed, the other side half as many: at 0.3 of the time it needs no more."""

    seeds: tuple[int, ...]
    steps: int
    rates: tuple[float, ...]


def run(quick: bool) -> list[Row]:
    """Chooses the rates, then measures on other seeds, one after the other."""
    if "amx_bf16" not in this_machine().flags:
        return [not_shown(_TITLE, "x seconds", "", _TARGET, "this processor has no AMX")]
    if quick:
        return rows_of(Size((1337, 1338), 60, (1e-3, 2e-3)))
    return rows_of(Size((1337, 1338, 1339), 600, (5e-4, 1e-3, 2e-3)))


def rows_of(size: Size) -> list[Row]:
    """The share of the plain loop's seconds, of its steps, and the rates that were chosen."""
    rates = {name: _chosen(name, size) for name in (PLAIN, _FAST)}
    raced = [_raced(seed, rates, size) for seed in size.seeds]
    threads = os.environ.get("OMP_NUM_THREADS", "?")
    how = (
        f"preset mini, {len(size.seeds)} seeds, {threads} thread(s); the plain loop's loss after {size.steps} steps is "
        f"the goal, a look every {_stride(size.steps)} steps of the other's; seconds without looks and compiling, "
        f"windows in turn; rates {rates[PLAIN]:g} and {rates[_FAST]:g} chosen beforehand from {len(size.rates)}, on "
        "another seed, by trials as long as each side's part; the plain loop in a script's environment, the engine in "
        "a worker's; mean over seeds, t-interval"
    )
    return [
        measured(_TITLE, mean([one.seconds for one in raced]), "x seconds", how, _TARGET),
        measured("steps to the plain loop's validation loss", mean([one.steps for one in raced]), "x steps", how),
        exact("seconds that the plain loop took", raced[0].plain_seconds, "s", "first seed"),
        exact("seconds that compiling took", raced[0].compile_seconds, "s", "first seed; the first steps, all told"),
    ]


class _Raced(msgspec.Struct, frozen=True):
    """Shares of the plain loop's seconds and steps; infinite where its loss was never reached."""

    seconds: float
    steps: float
    plain_seconds: float
    compile_seconds: float


def _asked(name: str, seed: int, steps: int, rate: float) -> Asked:
    if name == PLAIN:
        return Asked("mini", seed, steps, None, learning_rate=rate, tuned=False)
    return Asked("mini", seed, steps, SIDES[BF16_COMPILED], optimizer="muon", learning_rate=rate)


def _chosen(name: str, size: Size) -> float:
    """The rate with the lowest validation loss after as many steps as the race has for this side."""
    losses = {}
    steps = size.steps if name == PLAIN else size.steps // 2
    for rate in size.rates:
        with side(_asked(name, _SEARCH_SEED, steps, rate)) as trial:
            trial.seconds_for(steps)
            losses[rate] = trial.loss()
    return min(losses, key=losses.__getitem__)


def _raced(seed: int, rates: dict[str, float], size: Size) -> _Raced:
    """Both sides in windows that take turns, so that both meet the same machine; the plain loop's are twice as long."""
    with (
        side(_asked(PLAIN, seed, size.steps, rates[PLAIN])) as plain,
        side(_asked(_FAST, seed, size.steps, rates[_FAST])) as fast,
    ):
        stride = _stride(size.steps)
        first = fast.seconds_for(_WARM_UP)
        plain_seconds, fast_seconds, losses = _in_turn(plain, fast, size.steps, stride)
        goal = plain.loss()
    a_step = sum(fast_seconds) / (stride * len(fast_seconds))
    reached = next((number + 1 for number, loss in enumerate(losses) if loss <= goal), None)
    steps = reached * stride + _WARM_UP if reached else float("inf")
    spent = sum(fast_seconds[:reached]) + _WARM_UP * a_step if reached else float("inf")
    return _Raced(spent / sum(plain_seconds), steps / size.steps, sum(plain_seconds), first - _WARM_UP * a_step)


def _stride(steps: int) -> int:
    return steps // 2 // _LOOKS


def _in_turn(plain: Side, fast: Side, steps: int, stride: int) -> tuple[list[float], list[float], Sequence[float]]:
    """Seconds of the plain loop's windows and of the other's, and the other's loss after each of its own."""
    plain_seconds = [plain.seconds_for(_WARM_UP)]
    fast_seconds, losses = [], []
    left = steps - _WARM_UP
    while left:
        plain_seconds.append(plain.seconds_for(min(left, 2 * stride)))
        fast_seconds.append(fast.seconds_for(stride))
        losses.append(fast.loss())
        left -= min(left, 2 * stride)
    return plain_seconds, fast_seconds, losses
