"""One side of a comparison: an experiment that trains step by step in this process, without a screen or a file."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import msgspec
import torch

from gpulab.engine.build import batches_for, build, prepare_text
from gpulab.engine.device import wait_for
from gpulab.engine.evaluation import make_exam, take_exam
from gpulab.engine.loop import training_steps
from gpulab.spec.decode import decode, encode
from gpulab.spec.experiment import Experiment
from gpulab.spec.presets import experiment_from
from gpulab.techniques import REGISTRY


def variant(
    preset: str, device: torch.device, techniques: Mapping[str, Mapping[str, Any]] | None = None, **training: Any
) -> Experiment:
    """The experiment of `preset` with techniques switched on and fields of `training` changed."""
    table = encode(msgspec.structs.replace(experiment_from(preset), device=str(device)))
    table["training"] |= training
    table["techniques"] = {name: dict(settings) for name, settings in (techniques or {}).items()}
    return decode(table, REGISTRY)


class Arm:
    """A training that makes steps when it is told to."""

    def __init__(self, experiment: Experiment, device: torch.device) -> None:
        self.experiment, self.device = experiment, device
        self.text = prepare_text(experiment)
        self.state, self.pipeline = build(experiment, self.text.tokenizer.vocab_size, device, lambda document: None)
        self.batches = batches_for(self.state, self.text)
        shape = (experiment.model.context_length, experiment.training.batch_size)
        self._exam = make_exam(self.text.validation, self.text.tokenizer, *shape, most=64)
        self._steps = training_steps(self.state, self.pipeline, self.batches)

    def train(self, steps: int) -> None:
        """Makes `steps` steps."""
        for _ in range(steps):
            next(self._steps)

    def seconds_for(self, steps: int) -> float:
        """Wall seconds for `steps` steps, the device's work included."""
        began = time.perf_counter()
        self.train(steps)
        wait_for(self.device)
        return time.perf_counter() - began

    def val_loss(self) -> float:
        """The validation loss now, in nats per token."""
        with self.pipeline.evaluation_context(self.state):
            context = lambda: self.pipeline.forward_context(self.state)  # noqa: E731
            return take_exam(self.state.model, self._exam, self.device, context).loss
