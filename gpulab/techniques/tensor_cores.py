"""Widths that a GPU's tensor cores multiply at full speed: rows of whole 16 bytes, which short numbers make of 8.

NVIDIA: Matrix Multiplication Background, "Tensor Core Requirements"
(docs.nvidia.com/deeplearning/performance/dl-performance-matrix-multiplication/index.html). The vocabulary is left out:
it is the text's, and nobody can choose it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gpulab.hardware.machine import Machine
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import Problem
from gpulab.techniques.shapes import shapes

_ROW_BYTES = 16
_BYTES = {"tf32": 4, "bf16": 2, "fp16": 2, "bf16_pure": 2}
"""Of the modes of the technique Precision that tensor cores compute; float8 refuses what it cannot multiply."""
_OLDEST = (7, 0)


def tensor_core_doubts(experiment: Experiment, machine: Machine) -> Iterator[Problem]:
    """Widths of `experiment` that slow the tensor cores of its GPU down, each at the setting that it follows from."""
    precision: Any = experiment.techniques.get("precision")
    gpu = machine.gpu(experiment.device)
    if gpu is None or gpu.capability < _OLDEST or precision is None or precision.mode not in _BYTES:
        return
    multiple = _ROW_BYTES // _BYTES[precision.mode]
    plan = shapes(experiment)
    widths = {"tensor_cores_width": ("model.n_embd", plan.n_embd)}
    if plan.architecture == "gpt":
        widths["tensor_cores_head"] = ("model.n_head", plan.head_width)
        widths["tensor_cores_hidden"] = (
            "techniques.activation.kind" if plan.gated else "model.n_embd",
            plan.full_hidden,
        )
    for key, (field, width) in widths.items():
        if width % multiple:
            below, above = width // multiple * multiple, -(-width // multiple) * multiple
            near = f"{below} or {above}" if below else str(above)
            yield Problem(key, field, {"width": width, "multiple": multiple, "near": near})
