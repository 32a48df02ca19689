"""What an examination is: a question to a model whose answer is figures, and that leaves the model as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Literal, NamedTuple

import torch

from gpulab.engine.batches import Batch
from gpulab.engine.pipeline import Pipeline
from gpulab.engine.state import TrainingState
from gpulab.spec.experiment import Experiment
from gpulab.text.prepared import PreparedText

Figures = Mapping[str, float]
Variant = Literal["trained", "compressed"]

When = Literal["begin", "sometimes", "end", "written"]
"""`begin`: before the first step. `sometimes`: then too, and at about four looks spread over the run. `end`: of the
finished models, the trained one and the compressed one. Whatever is asked during a training is asked at its end too.
`written`: of the text that a model has just written, each time after the first step."""


class Subject(NamedTuple):
    """A model in evaluation mode, and what belongs to it.

    `held_out` are inputs and targets (windows, time) of validation text on the model's device; `context` is what
    a forward pass happens in, with the run's precision. `check` raises Stopped where an end is asked for: call it at
    least once a second. `before` is the trained model where this one is compressed, `written` the text that it has just
    written where that is what is asked about.
    """

    model: torch.nn.Module
    variant: Variant
    final: bool
    state: TrainingState
    pipeline: Pipeline
    text: PreparedText
    held_out: Batch
    context: Callable[[], AbstractContextManager[object]]
    check: Callable[[], None]
    before: torch.nn.Module | None = None
    written: str = ""

    @property
    def experiment(self) -> Experiment:
        return self.state.experiment

    @property
    def device(self) -> torch.device:
        return self.state.device


class Found(NamedTuple):
    """What an examination found: figures of the whole, and figures of one part each (a layer, a head, a prompt)."""

    values: Figures
    parts: Mapping[str, Figures] = {}


class Examination(NamedTuple):
    """`name` is its stable key in the record, `label` what it is called in words. `examine` has no gradients unless
    it switches them on, may draw no chance but from streams of its own, and says None where it does not apply."""

    name: str
    label: str
    when: When
    examine: Callable[[Subject], Found | None]
