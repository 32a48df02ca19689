"""A worker that waits with torch imported, so that a training begins at once when somebody presses Run.

It waits on its standard input for one line, a JSON list of the worker's arguments, and ends when that input closes:
with the process that started it. It has touched no device, and it serves one training.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

import msgspec

_AHEAD = ("torch._dynamo",)
"""What every training imports first of all, beside torch itself: more than a second of its start."""


def await_arguments() -> list[str] | None:
    """The arguments this worker is handed, or None where nobody needs it any more.

    From then on its output goes to the run's `worker.log`, as if it had been started for that run.
    """
    for name in _AHEAD:
        import_module(name)
    print("ready", flush=True)
    line = sys.stdin.buffer.readline()
    if not line.endswith(b"\n"):
        return None
    arguments = msgspec.json.decode(line, type=list[str])
    _redirect(Path(arguments[0]) / "worker.log")
    return arguments


def _redirect(log: Path) -> None:
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.close(output)
    os.close(nothing)
