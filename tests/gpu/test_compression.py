"""What only a GPU's kernels can do: 4 bits, float8 and zeros that are skipped; the finished model opens again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from gpulab.engine.model_file import load_model
from gpulab.hardware.machine import this_machine
from gpulab.spec.decode import decode, encode
from gpulab.spec.experiment import Experiment
from gpulab.techniques import REGISTRY, problems
from tests.engine.support import ended, run, tiny

CASES: list[dict[str, dict[str, Any]]] = [
    {"quantization": {"scheme": "int4"}},
    {"quantization": {"scheme": "int4", "aware": True}},
    {"quantization": {"scheme": "float8"}},
    {"quantization": {"scheme": "float8", "aware": True}, "pruning": {"amount": 0.9, "when": "gradual"}},
    {"pruning": {"pattern": "2:4", "kernels": "sparse"}},
    {"pruning": {"pattern": "2:4", "kernels": "sparse", "when": "gradual"}},
]


def wide(folder: Path, techniques: dict[str, dict[str, Any]]) -> Experiment:
    """As wide as the kernels ask for."""
    plain = encode(tiny(folder, techniques))
    experiment = decode({**plain, "model": {**plain["model"], "n_embd": 64}}, REGISTRY)
    return msgspec.structs.replace(experiment, device="cuda")


@pytest.mark.parametrize("techniques", CASES, ids=str)
def test_kernels_of_the_gpu_judge_and_open_again(tmp_path: Path, techniques: dict[str, dict[str, Any]]) -> None:
    experiment = wide(tmp_path, techniques)
    if found := list(problems(experiment, this_machine())):
        pytest.skip(f"not on this GPU: {found[0].key}")
    summary = ended(run(tmp_path / "run", experiment)).summary
    compressed = summary["compressed"]
    assert compressed["test_loss"] == pytest.approx(summary["test_loss"], abs=0.5)
    assert compressed["model_bytes"] < summary["model_bytes"]
    device = torch.device("cuda:0")
    again = load_model(tmp_path / "run" / "compressed.safetensors", device)
    logits = again(torch.zeros(2, 16, dtype=torch.int64, device=device))
    assert logits.shape[:2] == (2, 16)
    assert logits.isfinite().all()
