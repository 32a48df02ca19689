"""How a comparison stands: everything a screen, a report or the command line says of it, read from its folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from gpulab.analysis.changes import Judgement
from gpulab.analysis.observations import Observation
from gpulab.spec.comparison import Comparison
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import Argument

State = Literal["waiting", "working", "done", "stopped", "failed", "vanished"]


class Standing(msgspec.Struct, frozen=True):
    """A comparison as it is now.

    `reason` and `arguments` are a sentence of `gpulab.words` on how it ended, empty while it works. `current` is the
    run at work. `planned_runs` are those of the next look where nothing is decided yet, runs that serve two arms
    counted once; `seconds_left` is an estimate for those, None as long as no run has finished. `runs` holds each arm's
    runs by seed, also where two arms share one.
    """

    folder: Path
    comparison: Comparison
    experiments: Mapping[str, Experiment]
    observations: list[Observation]
    judgement: Judgement
    state: State
    reason: str = ""
    arguments: Mapping[str, Argument] = {}
    current: tuple[str, int, Path] | None = None
    done_runs: int = 0
    planned_runs: int = 0
    seconds_left: float | None = None
    tuned: Mapping[str, float] = {}
    runs: Mapping[tuple[str, int], Path] = {}
