"""How long a person waits between Run and the first figure: in the real window, with the real worker that waits."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from gpulab.analysis.intervals import median
from gpulab.bench.pressed_run import Waited
from gpulab.bench.rows import Row, Target, measured

_FIRST, _NEXT = Target("at most", 2.5), Target("at most", 0.3)


def run(quick: bool) -> list[Row]:
    """Windows one after another, each with empty folders: its first run prepares the text, its next ones do not."""
    windows, presses = (1, 2) if quick else (7, 3)
    first: list[Waited] = []
    following: list[Waited] = []
    for _ in range(windows):
        with tempfile.TemporaryDirectory() as folder:
            begun = _waited(Path(folder), presses)
        first.append(begun[0])
        following += begun[1:]
    how = f"{windows} windows, offscreen, {presses} runs each of preset mini; a worker waits; until the window has it"
    fresh = f"{how}; no text prepared"
    seconds = [median([wait.sample_s for wait in waits]) for waits in (first, following)]
    to_loss = [median([wait.train_loss_s for wait in waits]) for waits in (first, following)]
    return [
        measured("from Run to the first sample, first run", seconds[0], "s", fresh, _FIRST),
        measured("from Run to the first sample, next run", seconds[1], "s", how, _NEXT),
        measured("from Run to the first training loss, first run", to_loss[0], "s", fresh),
        measured("from Run to the first training loss, next run", to_loss[1], "s", how),
    ]


def _waited(folder: Path, presses: int) -> list[Waited]:
    """Seconds from each press to its first figure, in a window of its own."""
    own = {"GPULAB_HOME": str(folder / "home"), "XDG_CACHE_HOME": str(folder / "cache")}
    command = [sys.executable, "-m", "gpulab.bench.pressed_run", str(folder / "runs"), str(presses)]
    done = subprocess.run(command, env={**os.environ, **own}, stdout=subprocess.PIPE, check=True, timeout=300)
    return msgspec.json.decode(done.stdout, type=list[Waited])
