"""Tiny experiments on the GPU. What this one cannot do is skipped, with its key as the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from gpulab.hardware.machine import this_machine
from gpulab.spec.decode import decode, encode
from gpulab.spec.experiment import Experiment
from gpulab.techniques import REGISTRY, problems
from tests.engine.support import tiny

Techniques = dict[str, dict[str, Any]]


def tiny_on_gpu(folder: Path, techniques: Techniques | None = None, **training: Any) -> Experiment:
    """`tiny`, on the GPU."""
    return _possible(tiny(folder, techniques, **training))


def wide_on_gpu(folder: Path, techniques: Techniques) -> Experiment:
    """As wide as the kernels ask for."""
    plain = encode(tiny(folder, techniques))
    return _possible(decode({**plain, "model": {**plain["model"], "n_embd": 64}}, REGISTRY))


def _possible(experiment: Experiment) -> Experiment:
    there = msgspec.structs.replace(experiment, device="cuda")
    if found := list(problems(there, this_machine())):
        pytest.skip(f"not on this GPU: {found[0].key}")
    return there
