"""How long a person waits for the window, against the least that Qt itself needs for as many widgets.

Both sides start with compiled bytecode, as every start but the first has it: where PYTHONDONTWRITEBYTECODE is set, the
window's own modules would be compiled anew each time, and the bare window's, which are libraries, would not.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from gpulab.analysis.intervals import median, paired_ratio
from gpulab.bench.first_paint import Opened
from gpulab.bench.rows import Row, Target, exact, measured
from gpulab.bench.turns import in_turn


def run(quick: bool) -> list[Row]:
    """Fresh processes in turn: the application's window, and a bare one."""
    charts: list[float] = []
    torch = []
    with tempfile.TemporaryDirectory() as folder:
        like, bytecode = Path(folder) / "widgets.json", Path(folder) / "bytecode"
        like.write_bytes(msgspec.json.encode(_open(bytecode, "real")))  # also fills the caches that later starts enjoy

        def real() -> float:
            opened = _open(bytecode, "real")
            charts.append(opened.charts_s)
            torch.append(opened.torch_imported)
            return opened.painted_s

        painted, bare = in_turn(real, lambda: _open(bytecode, "bare", str(like)).painted_s, 3 if quick else 31)
        widgets = msgspec.json.decode(like.read_bytes(), type=Opened)
    count, hidden = sum(widgets.shown.values()), sum(widgets.hidden.values())
    how = (
        f"{len(painted)} pairs of fresh processes in turn, offscreen, from the process's start to the end of the paint"
    )
    same = f"{how}; the bare window has as many widgets of each class ({count} shown, {hidden} hidden)"
    return [
        measured("first paint against a bare window", paired_ratio(painted, bare), "x", same, Target("at most", 1.3)),
        exact("first paint", statistics.median(painted), "s", f"{how}; median"),
        exact("first paint of the bare window", statistics.median(bare), "s", f"{how}; median"),
        measured("charts are there", median(charts), "s", f"{how}; the charts' library comes after the first paint"),
        exact(
            "windows whose process imported torch",
            sum(torch),
            "windows",
            "looked up once the charts were there",
            Target("at most", 0),
        ),
    ]


def _open(bytecode: Path, kind: str, *counts: str) -> Opened:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(bytecode)
    command = [sys.executable, "-m", "gpulab.bench.first_paint", kind, str(time.monotonic()), *counts]
    done = subprocess.run(command, env=environment, capture_output=True, check=True, timeout=120)
    return msgspec.json.decode(done.stdout, type=Opened)
