"""What techniques promise, each measured by one module with `run(quick, device) -> list[Row]`.

A promise that this machine cannot show has a row without a value, with the reason.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from gpulab.bench.rows import Row

if TYPE_CHECKING:
    import torch

PROMISES = {
    "bf16": "16-bit numbers: training speed on a processor with AMX",
    "neuron_pruning": "half of the hidden neurons removed: forward speed and parameters",
    "int8": "weights in 8 bits: bytes on disk and bits per byte",
    "checkpointing": "gradient checkpointing: peak memory of activations",
    "optimizer_8bit": "8-bit optimizer state: bytes",
    "powersgd": "PowerSGD of rank 2: bytes on the wire",
    "muon": "Muon: steps to AdamW's final validation loss",
}


def promise(name: str) -> Callable[[bool, torch.device], list[Row]]:
    """The function that measures the promise `name`; its module is imported only now."""
    function: Callable[[bool, torch.device], list[Row]] = importlib.import_module(f"{__name__}.{name}").run
    return function
