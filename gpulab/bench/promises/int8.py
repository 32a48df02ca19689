"""Weights in 8 bits: how many bytes the file takes, and what the model still knows."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import torch

from gpulab.analysis.intervals import mean
from gpulab.bench.arms import variant
from gpulab.bench.rows import Row, Target, measured
from gpulab.engine.desk import Desk
from gpulab.engine.worker import work
from gpulab.events.documents import RunEnded
from gpulab.events.log import read_all
from gpulab.spec.files import save

_BYTES, _QUALITY = Target("at most", 0.30), Target("at most", 0.005)


def run(quick: bool, device: torch.device) -> list[Row]:
    """Whole runs over seeds, judged on text that is read once."""
    seeds, steps = ((1, 2), 60) if quick else ((1337, 1338, 1339), 600)
    summaries = [_summary(seed, steps, device) for seed in seeds]
    sizes = [one["compressed"]["model_bytes"] / one["model_bytes"] for one in summaries]
    changes = [abs(one["compressed"]["test_bits_per_byte"] / one["test_bits_per_byte"] - 1) for one in summaries]
    how = f"preset mini, characters, {len(seeds)} seeds x {steps} steps, both models of one run"
    return [
        measured("int8 weights, file", mean(sizes), "x bytes", f"{how}; the files on disk, t-interval", _BYTES),
        measured(
            "int8 weights, bits per byte differ by",
            mean(changes),
            "share",
            f"{how}; test text, size of the relative difference, t-interval",
            _QUALITY,
        ),
    ]


def _summary(seed: int, steps: int, device: torch.device) -> dict[str, Any]:
    quiet = {"seed": seed, "steps": steps, "eval_interval": steps, "checkpoint_interval": steps}
    with tempfile.TemporaryDirectory() as folder:
        run_dir = Path(folder)
        save(
            variant("mini", device, {"quantization": {"scheme": "int8_weight_only"}}, **quiet),
            run_dir / "experiment.toml",
        )
        work(run_dir, Desk(run_dir))
        ended = read_all(run_dir)[-1]
    assert isinstance(ended, RunEnded)
    return ended.summary
