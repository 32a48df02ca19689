"""The benchmarks by name; adding one is one file with `run(quick) -> list[Row]` and one line here."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from gpulab.bench.rows import Row

BENCHMARKS = {
    "engine": "the engine against a plain training loop of the same settings: quality and speed",
    "window": "what a training loses while the window draws it, and what blocks the window's loop",
    "startup": "time to the first paint, against a bare window with the same widgets",
    "memory": "the memory estimate against the bytes that tensors take",
    "charts": "time to draw four charts of eight long runs",
    "text": "time to prepare the text, for the first time and from the cache",
}


def measurement(name: str) -> Callable[[bool], list[Row]]:
    """The function that measures `name`; its module is imported only now."""
    function: Callable[[bool], list[Row]] = importlib.import_module(f"gpulab.bench.{name}").run
    return function
