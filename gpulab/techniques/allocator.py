"""Allocator (A5): how PyTorch hands out a GPU's memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import msgspec

from gpulab.spec.allocation import TABLE, VARIABLE, allocator_words
from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.problem import Problem
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique
from gpulab.techniques.needs import nvidia_gpu

if TYPE_CHECKING:
    from gpulab.engine.state import TrainingState


class AllocatorSettings(Settings, frozen=True):
    expandable_segments: Annotated[
        bool,
        about("Growing pieces", "Lets a piece of memory grow in place, so that fewer gaps are left between pieces."),
    ] = True
    max_split_size_mb: Annotated[
        int,
        about(
            "Largest piece to cut",
            "Pieces larger than this are never cut up for smaller tensors; 0 sets no limit. PyTorch takes 21 or more.",
            unit="MB",
            low=0,
            high=10**6,
            advanced=True,
        ),
    ] = 0
    garbage_collection_threshold: Annotated[
        float,
        about(
            "Clean up from",
            "The share of the GPU's memory in use from which unused pieces are given back; 0 never does.",
            low=0.0,
            high=0.99,
            advanced=True,
        ),
    ] = 0.0


class Allocator(Technique):
    name = TABLE
    card = "A5"
    label = "GPU memory allocator"
    summary = "Changes how PyTorch hands out the GPU's memory."
    promise = "Less memory is lost in gaps, so that a larger model or batch fits."
    risk = "The wrong setting makes each request for memory slower, and can lose more in gaps than it saves."
    sources = (
        "PyTorch: Optimizing memory usage, PYTORCH_ALLOC_CONF, https://docs.pytorch.org/docs/stable/notes/cuda.html",
    )
    Settings = AllocatorSettings
    requires = (nvidia_gpu,)

    @classmethod
    def rules(cls, settings: AllocatorSettings, experiment: Experiment) -> Iterator[Problem]:
        if 0 < settings.max_split_size_mb <= 20:
            yield Problem("allocator_split_too_small", "techniques.allocator.max_split_size_mb", {"least": 21})

    def edit_model(self, state: TrainingState) -> None:
        """Makes sure that the worker was started with these settings: after torch's import it is too late."""
        wanted = allocator_words(msgspec.structs.asdict(self.settings))
        found = os.environ.get(VARIABLE, "")
        if wanted and found != wanted:
            raise RuntimeError(f"{VARIABLE} is {found!r}, not {wanted!r}: the training was not started by GPU Lab")
