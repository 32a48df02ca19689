"""Gradient checkpointing: the most memory that the activations of one batch take at once."""

from __future__ import annotations

import multiprocessing
import statistics

import torch

from gpulab.bench.arms import Arm, variant
from gpulab.bench.rows import Row, Target, measured
from gpulab.bench.statistics import in_turn, paired_ratio
from gpulab.engine.build import set_up_torch
from gpulab.engine.model import next_token_loss
from gpulab.engine.probes.memory import memory_probe
from gpulab.hardware.machine import this_machine

_TARGET = Target("at most", 0.45)
_BATCH = 32


def run(quick: bool, device: torch.device) -> list[Row]:
    """Each batch has a fresh process, because memory that was freed is not always handed back."""
    preset, pairs = ("mini", 5) if quick else ("small", 7)
    with_it, without = in_turn(lambda: _peak(preset, device, True), lambda: _peak(preset, device, False), pairs)
    memory = "tensors allocated on the device" if device.type == "cuda" else "resident set"
    medians = f"medians {statistics.median(with_it) / 2**20:.0f} and {statistics.median(without) / 2**20:.0f} MiB"
    how = f"preset {preset}, forward and backward of a batch of {_BATCH}, {pairs} pairs of fresh processes; "
    how += f"{memory} at the peak, less what stood before and the gradients; {medians}"
    return [
        measured("gradient checkpointing, peak activations", paired_ratio(with_it, without), "x bytes", how, _TARGET)
    ]


def _peak(preset: str, device: torch.device, checkpointing: bool) -> float:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(activations_peak_bytes, (preset, str(device), checkpointing))


def activations_peak_bytes(preset: str, device_name: str, checkpointing: bool) -> float:
    """Bytes at the peak of one forward and backward pass, less what was held before it and the gradients it leaves."""
    set_up_torch(this_machine().threads(0))
    device = torch.device(device_name)
    arm = Arm(
        variant(preset, device, {"gradient_checkpointing": {}} if checkpointing else {}, batch_size=_BATCH), device
    )
    inputs, targets = arm.batches.draw(0, 0)
    arm.state.model.train()
    probe = memory_probe(device)
    before = probe.read()["vram_allocated_bytes" if device.type == "cuda" else "rss_bytes"] or 0.0
    next_token_loss(arm.state.network(inputs), targets).backward()  # type: ignore[no-untyped-call]
    gradients = sum(p.grad.nbytes for p in arm.state.model.parameters() if p.grad is not None)
    return probe.peak_bytes() - before - gradients
