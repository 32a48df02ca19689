"""Each shape against torch's own scheduler, and schedules at the edge of what a training has room for."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler

from gpulab.hardware.machine import Machine
from gpulab.spec.problem import BadInput
from gpulab.techniques import fit
from gpulab.techniques.schedule import Schedule, ScheduleSettings
from tests.engine.support import ended, run, tiny

Scheduler = Callable[[torch.optim.Optimizer], lr_scheduler.LRScheduler]


def _ours(steps: int, **settings: Any) -> list[float]:
    schedule = Schedule(ScheduleSettings(**settings))
    return [schedule.lr_factor(step, steps) for step in range(steps)]


def _theirs(steps: int, make: Scheduler) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = make(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


_CASES: list[tuple[str, int, dict[str, Any], Scheduler]] = [
    ("constant", 9, {}, lambda o: lr_scheduler.ConstantLR(o, 1.0)),
    ("linear", 11, {"final_factor": 0.2}, lambda o: lr_scheduler.LinearLR(o, 1.0, 0.2, total_iters=10)),
    ("cosine", 11, {"final_factor": 0.2}, lambda o: lr_scheduler.CosineAnnealingLR(o, 10, eta_min=0.2)),
    (
        "wsd",
        21,
        {"final_factor": 0.2, "decay_share": 0.5},
        lambda o: lr_scheduler.SequentialLR(
            o, [lr_scheduler.ConstantLR(o, 1.0), lr_scheduler.LinearLR(o, 1.0, 0.2, total_iters=10)], [10]
        ),
    ),
    ("step", 12, {"final_factor": 0.001}, lambda o: lr_scheduler.StepLR(o, 3, gamma=0.1)),
    ("step", 10, {"final_factor": 0.001}, lambda o: lr_scheduler.MultiStepLR(o, [3, 5, 8], gamma=0.1)),
    ("exponential", 11, {"final_factor": 0.5**10}, lambda o: lr_scheduler.ExponentialLR(o, 0.5)),
    ("restarts", 20, {}, lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 5, eta_min=0.1)),
    (
        "restarts",
        21,
        {"pieces": 3, "growth": 2},
        lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 3, T_mult=2, eta_min=0.1),
    ),
]


@pytest.mark.parametrize(("shape", "steps", "settings", "make"), _CASES)
@pytest.mark.filterwarnings("ignore::UserWarning")  # SequentialLR calls step() in a way that torch itself deprecates
def test_a_shape_is_torchs_scheduler(shape: str, steps: int, settings: dict[str, Any], make: Scheduler) -> None:
    assert _ours(steps, shape=shape, **settings) == pytest.approx(_theirs(steps, make), rel=1e-9)


@pytest.mark.parametrize("climb_share", [0.0, 0.1, 0.3, 0.5])
@pytest.mark.parametrize("steps", [3, 20, 101])
def test_one_cycle_is_torchs(steps: int, climb_share: float) -> None:
    ours = _ours(steps, shape="one_cycle", climb_share=climb_share, first_factor=0.1, final_factor=0.01)

    def make(optimizer: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
        shape: dict[str, Any] = {
            "pct_start": climb_share,
            "div_factor": 10.0,
            "final_div_factor": 10.0,
            "cycle_momentum": False,
        }
        return lr_scheduler.OneCycleLR(optimizer, 1.0, total_steps=steps, **shape)

    assert ours == pytest.approx(_theirs(steps, make), rel=1e-9)


@pytest.mark.parametrize("shape", ["constant", "linear", "cosine", "wsd", "step", "exponential", "restarts"])
def test_every_shape_begins_after_its_warm_up(shape: str) -> None:
    rates = _ours(19, shape=shape, warmup_steps=3)
    assert rates[:4] == pytest.approx([0.25, 0.5, 0.75, 1.0])
    assert rates[3:] == _ours(16, shape=shape)


@pytest.mark.parametrize("steps", [1, 2, 3, 1000])
@pytest.mark.parametrize(
    "shape", ["constant", "linear", "cosine", "wsd", "one_cycle", "step", "exponential", "restarts"]
)
def test_no_shape_leaves_its_bounds_however_short_the_training(shape: str, steps: int) -> None:
    rates = _ours(steps, shape=shape, pieces=1)
    assert all(math.isfinite(rate) and 0.0 < rate <= 1.0 + 1e-12 for rate in rates)
    if steps == 1000 and shape not in ("constant", "step", "restarts"):
        assert rates[-1] == pytest.approx(0.1)


def test_uneven_pieces_are_all_there() -> None:
    assert len(set(_ours(9, shape="step", pieces=4))) == 4
    restarts = _ours(10, shape="restarts", pieces=3)
    assert sum(after > before for before, after in itertools.pairwise(restarts)) == 2


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"warmup_steps": 12}, "warmup_too_long"),
        ({"warmup_steps": 13, "shape": "one_cycle"}, "warmup_too_long"),
        ({"warmup_steps": 1, "shape": "one_cycle"}, "one_cycle_climbs_by_itself"),
        ({"shape": "step", "final_factor": 0.0}, "never_falls_to_zero"),
        ({"shape": "exponential", "final_factor": 0.0}, "never_falls_to_zero"),
        ({"shape": "step", "pieces": 13}, "schedule_too_fine"),
        ({"shape": "step", "pieces": 12, "warmup_steps": 1}, "schedule_too_fine"),
        ({"shape": "restarts", "pieces": 4, "growth": 2}, "schedule_too_fine"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, settings: dict[str, Any], key: str) -> None:
    with pytest.raises(BadInput, match=key):
        fit(tiny(tmp_path, {"schedule": settings}), Machine("p", 4, 2**33))


@pytest.mark.parametrize("shape", ["wsd", "one_cycle", "step", "restarts"])
def test_a_training_of_no_steps_takes_any_shape(tmp_path: Path, shape: str) -> None:
    assert ended(run(tmp_path / "run", tiny(tmp_path, {"schedule": {"shape": shape}}, steps=0))).status == "done"
