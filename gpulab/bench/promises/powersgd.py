"""PowerSGD of rank 2 between two workers: the bytes that each sends at a step."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Any

import torch

from gpulab.bench.arms import variant
from gpulab.bench.rows import Row, Target, exact, not_shown
from gpulab.engine.desk import Desk
from gpulab.engine.worker import work
from gpulab.events.documents import RunEnded, Sample
from gpulab.events.log import read_all
from gpulab.hardware.machine import this_machine
from gpulab.spec.files import save

_TARGET = Target("at most", 0.05)
_WHOLE_AT_FIRST = 10


def run(quick: bool, device: torch.device) -> list[Row]:
    """Two real runs of two workers; what their gradients' exchange sent is counted at the exchange itself."""
    name, steps = "PowerSGD of rank 2, gradients sent", 30 if quick else 60
    how = f"preset mini, 2 workers on this machine, {steps} steps; bytes that each worker sends at a step, "
    how += f"without the first {2 * _WHOLE_AT_FIRST} steps, the earliest of which send whole gradients"
    if device.type == "cuda" and len(this_machine().gpus) < 2:
        return [not_shown(name, "x bytes", how, _TARGET, "this machine has one GPU, and two workers need two")]
    whole = _bytes_a_step("none", steps, device)
    thin = _bytes_a_step("powersgd", steps, device)
    how += f"; {thin / 2**20:.3f} against {whole / 2**20:.3f} MiB"
    return [exact(name, thin / whole, "x bytes", how, _TARGET)]


def _bytes_a_step(method: str, steps: int, device: torch.device) -> float:
    """The median of what the run's samples say, once the exchange has settled."""
    settings = {"method": method, "rank": 2, "start": _WHOLE_AT_FIRST}
    techniques: dict[str, dict[str, Any]] = {"data_parallel": {"workers": 2}, "gradient_compression": settings}
    experiment = variant("mini", device, techniques, steps=steps, eval_interval=steps, checkpoint_interval=steps)
    with tempfile.TemporaryDirectory() as folder:
        run_dir = Path(folder)
        save(experiment, run_dir / "experiment.toml")
        work(run_dir, Desk(run_dir))
        documents = read_all(run_dir)
    ended = documents[-1]
    if not isinstance(ended, RunEnded) or ended.status != "done":
        raise RuntimeError(f"the run of {method} did not finish: {ended}")
    sent = [
        value
        for sample in documents
        if isinstance(sample, Sample) and sample.step > 2 * _WHOLE_AT_FIRST
        if (value := sample.values.get("wire_bytes")) is not None
    ]
    return statistics.median(sent)
