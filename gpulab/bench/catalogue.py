"""The benchmarks by name; adding one is one file with `run(quick) -> list[Row]` and one line here.

One of them, `techniques`, has parts: what each technique promises (`gpulab.bench.promises`).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence

from gpulab.bench.promises import PROMISES, promise
from gpulab.bench.rows import Row

BENCHMARKS = {
    "engine": "the engine against a plain training loop of the same settings: quality and speed",
    "quality": "how soon a plain loop's validation loss is reached with another optimizer and shorter numbers",
    "gpu": "GPT-2 on a CUDA device: speed, share of what the device can do, memory, energy",
    "window": "what a training loses while the window draws it, and what blocks the window's loop",
    "probes": "what a training loses to whatever reads the machine, the Hardware page in sight",
    "startup": "time to the first paint, against a bare window with the same widgets",
    "first_sample": "from Run to the first figure on the screen, with a worker that waits",
    "memory": "the memory estimate against the bytes that tensors take",
    "charts": "time to draw four charts of eight long runs, and memory that stays",
    "techniques": "what techniques promise: speed, size, memory, quality",
    "comparisons": "comparisons of real trainings that differ only by chance: what they claim",
    "store": "what ten thousand recorded runs cost, and long ones: the table, looking, curves",
    "text": "time to prepare the text, for the first time and from the cache",
}


_PARTED = "techniques"


def parts(name: str, only: Sequence[str] = ()) -> list[str]:
    """The parts of the benchmark `name` that are measured one by one, each in a process of its own."""
    if name != _PARTED:
        return [name]
    return [f"{_PARTED}.{part}" for part in PROMISES if not only or part in only]


def measurement(part: str) -> Callable[[bool, str], list[Row]]:
    """The function that measures `part`, given `quick` and a device; its module is imported only now."""
    name, _, promised = part.partition(".")
    if name == _PARTED:
        return lambda quick, device: _promised(promised, quick, device)
    plain: Callable[[bool], list[Row]] = importlib.import_module(f"gpulab.bench.{name}").run
    return lambda quick, device: plain(quick)


def _promised(name: str, quick: bool, device: str) -> list[Row]:
    import torch

    from gpulab.engine.build import set_up_torch
    from gpulab.hardware.machine import this_machine

    set_up_torch(this_machine().threads(0))
    return promise(name)(quick, torch.device(device))
