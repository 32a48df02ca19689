"""The memory estimate that the form shows before a run, against the bytes that tensors then really take."""

from __future__ import annotations

import msgspec
import torch

from gpulab.bench.rows import Row, Target, exact
from gpulab.engine.build import batches_for, build, prepare_text, set_up_torch
from gpulab.engine.model import next_token_loss
from gpulab.engine.probes.memory import SavedTensors, state_bytes
from gpulab.hardware.machine import this_machine
from gpulab.spec.estimates import estimate
from gpulab.spec.presets import experiment_from

_WITHIN = Target("at most", 0.25)


def run(quick: bool) -> list[Row]:
    """One row for the error and one for the bytes of each preset; `quick` leaves out the largest."""
    set_up_torch(this_machine().threads(0))
    return [row for name in (("nano", "mini") if quick else ("nano", "mini", "small")) for row in _rows(name)]


def _rows(name: str) -> list[Row]:
    estimated, counted = _bytes(name)
    how = "weights, gradients and optimizer state after a step, and the tensors saved between forward and backward"
    return [
        exact(
            f"memory estimate, {name}", abs(estimated / counted - 1), "share off", f"estimate against: {how}", _WITHIN
        ),
        exact(f"peak tensor bytes, {name}", counted / 2**20, "MiB", f"{how}; estimated {estimated / 2**20:.1f} MiB"),
    ]


def _bytes(name: str) -> tuple[int, int]:
    """The estimated and the counted peak of tensor bytes for a preset."""
    experiment = experiment_from(name)
    experiment = msgspec.structs.replace(experiment, device="cpu")
    text, device = prepare_text(experiment), torch.device("cpu")
    state, _ = build(experiment, text.tokenizer.vocab_size, device, lambda document: None)
    inputs, targets = batches_for(state, text).draw(0, 0)
    saved = SavedTensors(state.model)
    with saved.counting():
        loss = next_token_loss(state.model(inputs), targets)
    loss.backward()  # type: ignore[no-untyped-call]
    state.optimizer.step()
    expected = estimate(state.plan, experiment.training.optimizer).peak_bytes
    return expected, saved.bytes + state_bytes(state.model, state.optimizer)
