"""What it costs to read the machine at the default rate: a training's own probes, and the Hardware page beside it.

Throughput alone cannot show less than 1 % where the machine itself wavers by several, so the processor time that is
spent on reading is counted too: a training that stood still for all of it, which is the worst, would lose that share.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from gpulab.analysis.intervals import Interval, mean, paired_ratio
from gpulab.bench.hardware_window import Shares
from gpulab.bench.long_run import Throughput, training
from gpulab.bench.rows import Row, Target, measured, not_shown
from gpulab.bench.turns import in_turn
from gpulab.bench.window import SETTLE_S, alone, drawing

_SHARE, _KEPT = Target("at most", 1.0), Target("at least", 0.99)
_STRETCH_S = 2.0


def run(quick: bool) -> list[Row]:
    """Processor time by itself first, then a training beside it."""
    stretches, pairs = (5, 5) if quick else (20, 24)
    own = _worker_shares(stretches)
    rows = [measured("worker's probes, processor time", mean(own), "% of a core", _OWN, _SHARE)]
    if sys.platform == "win32":
        return [*rows, not_shown("training beside it", "x tokens/s", "", _KEPT, "Windows cannot suspend a process")]
    with tempfile.TemporaryDirectory() as folder, _window(Path(folder), stretches) as (process, shares):
        page = [100.0 * (seen - unseen) for seen, unseen in zip(shares.seen, shares.unseen, strict=True)]
        both = [one + other for one, other in zip(own, page, strict=True)]
        beside = _beside(Path(folder) / "trained", process, pairs)
    how = f"{pairs} pairs of {_PHASE_S:g} s with and without the window on its Hardware page, beside one worker"
    return [
        *rows,
        measured("window's Hardware page, processor time", mean(page), "% of a core", _PAGE, _SHARE),
        measured("all that reads, processor time", mean(both), "% of a core", f"{_OWN}; {_PAGE}", _SHARE),
        measured("training beside the Hardware page", beside, "x tokens/s", how, _KEPT),
    ]


_OWN = f"memory, device and energy as a worker reads them, by stretches of {_STRETCH_S:g} s, on an idle thread"
_PAGE = "the real window with its Hardware page in sight less the same window without, in turn, offscreen"
_READS_S = 0.1  # as the recorder does
_PHASE_S = 2.5


def _worker_shares(stretches: int) -> list[float]:
    """Percent of a core that a worker's probes take, all threads counted, one figure for each stretch."""
    import torch

    from gpulab.engine.probes.besides import all_probes
    from gpulab.engine.probes.guard import Guard
    from gpulab.engine.probes.memory import memory_probe

    torch.set_num_threads(1)
    place = torch.device("cpu")
    probes = all_probes(memory_probe(place), [place], True, Guard(print), None)
    shares = []
    try:
        for _ in range(stretches):
            began, own = time.monotonic(), time.process_time()
            while time.monotonic() < began + _STRETCH_S:
                time.sleep(_READS_S)
                probes.read()
            shares.append(100.0 * (time.process_time() - own) / (time.monotonic() - began))
    finally:
        probes.close()
    return shares


@contextmanager
def _window(folder: Path, pairs: int) -> Iterator[tuple[subprocess.Popen[str], Shares]]:
    """The window's process with what it took, from then on on its Hardware page."""
    command = [sys.executable, "-m", "gpulab.bench.hardware_window", str(folder / "shown"), str(pairs)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdin
        try:
            yield process, msgspec.json.decode(process.stdout.readline(), type=Shares)
            process.stdin.close()
            process.wait(timeout=60)
        finally:
            process.kill()


def _beside(root: Path, process: subprocess.Popen[str], pairs: int) -> Interval:
    """Tokens a second with the window at work over those with it suspended, in one training."""
    with training(root) as run_dir:
        on, off = in_turn(lambda: drawing(process, _PHASE_S, []), lambda: alone(process, _PHASE_S), pairs)
        speeds = Throughput(run_dir)
    with_it, without = ([speeds.between(at, at + _PHASE_S - SETTLE_S) for at in begun] for begun in (on, off))
    return paired_ratio(with_it, without)
