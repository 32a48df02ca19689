"""Muon against AdamW: how soon it is as good as AdamW is at the end."""

from __future__ import annotations

import torch

from gpulab.analysis.intervals import mean
from gpulab.bench.arms import Arm, variant
from gpulab.bench.rows import Row, Target, measured
from gpulab.engine.optimizers.muon import LR_SCALE

_TARGET = Target("at most", 0.5)


def run(quick: bool, device: torch.device) -> list[Row]:
    """The share of AdamW's steps after which Muon's validation loss is at AdamW's last one, over seeds."""
    seeds, steps = ((1, 2), 100) if quick else ((1337, 1338, 1339), 600)
    shares = [_share(seed, steps, device) for seed in seeds]
    how = (
        f"preset mini, {len(seeds)} seeds x {steps} steps, one learning rate set for both, of which Muon's matrices "
        f"take {LR_SCALE:.0f} times, a look every {steps // 20} steps; mean over seeds, t-interval; 1 where it never "
        "got there"
    )
    return [measured("Muon to AdamW's final validation loss", mean(shares), "x steps", how, _TARGET)]


def _share(seed: int, steps: int, device: torch.device) -> float:
    adamw, muon = (
        Arm(variant("mini", device, steps=steps, seed=seed, optimizer=name), device) for name in ("adamw", "muon")
    )
    adamw.train(steps)
    goal = adamw.val_loss()
    stride = max(1, steps // 20)
    for done in range(stride, steps + 1, stride):
        muon.train(stride)
        if muon.val_loss() <= goal:
            return done / steps
    return 1.0
