"""What was seen: one observation for each arm and seed, whatever became of its run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

State = Literal["waiting", "running", "done", "stopped", "failed", "vanished", "diverged"]


class Observation(msgspec.Struct, frozen=True):
    """Run of `arm` with `seed`. `figures` are by metric key, of a finished run only.

    `unfair` says why its speed must not be compared (a throttled or shared device), empty where it may. `run` is the
    run's folder as the comparison names it. `corpus`, `device`, `tokenizer` and `tokens` (trained tokens) tell whether
    two observations can be compared; `comparable` is False where the run's held-out text was edited. `compressed`: the
    model that is judged was made from the one whose curves the run has.
    """

    arm: str
    seed: int
    state: State
    run: str
    figures: Mapping[str, float] = {}
    corpus: str = ""
    device: str = ""
    tokenizer: str = ""
    tokens: int = 0
    comparable: bool = True
    compressed: bool = False
    unfair: str = ""
    slices: Mapping[str, tuple[float, int]] = {}
    """Bits per byte, and bytes of text, by slice of the test text (rare words, each document)."""


def pairs(observations: list[Observation], baseline: str, arm: str) -> list[tuple[Observation, Observation]]:
    """The finished observations of both arms, by seed: the baseline's first."""
    of = {(one.arm, one.seed): one for one in observations if one.state == "done"}
    seeds = sorted({seed for key, seed in of if key == baseline} & {seed for key, seed in of if key == arm})
    return [(of[baseline, seed], of[arm, seed]) for seed in seeds]
