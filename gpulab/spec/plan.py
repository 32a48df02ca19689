"""The plan: the shapes that follow from an experiment, which the engine builds and the estimates count."""

from __future__ import annotations

from typing import Literal

import msgspec

from gpulab.spec.experiment import Experiment


class Plan(msgspec.Struct, frozen=True):
    """What the model will look like; techniques rewrite it in `edit_plan`, the defaults are the reference."""

    vocab_size: int
    n_layer: int
    n_head: int
    n_embd: int
    context_length: int
    bias: bool
    batch_size: int
    normalization: Literal["layernorm", "rmsnorm", "batchnorm", "none"] = "layernorm"
    activation_bytes: int = 4

    @property
    def head_width(self) -> int:
        return self.n_embd // self.n_head


def reference_plan(experiment: Experiment, vocab_size: int) -> Plan:
    """The plan of `experiment` before any technique has edited it."""
    model = experiment.model
    return Plan(
        vocab_size=vocab_size,
        n_layer=model.n_layer,
        n_head=model.n_head,
        n_embd=model.n_embd,
        context_length=model.context_length,
        bias=model.bias,
        batch_size=experiment.training.batch_size,
    )
