"""What only a GPU's kernels can do: 4 bits, float8 and zeros that are skipped; the finished model opens again."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gpulab.engine.model_file import load_model
from tests.engine.support import ended, run
from tests.gpu.support import Techniques, wide_on_gpu

CASES: list[Techniques] = [
    {"quantization": {"scheme": "int4"}},
    {"quantization": {"scheme": "int4", "aware": True}},
    {"quantization": {"scheme": "float8"}},
    {"quantization": {"scheme": "float8", "aware": True}, "pruning": {"amount": 0.9, "when": "gradual"}},
    {"pruning": {"pattern": "2:4", "kernels": "sparse"}},
    {"pruning": {"pattern": "2:4", "kernels": "sparse", "when": "gradual"}},
]


@pytest.mark.parametrize("techniques", CASES, ids=str)
def test_kernels_of_the_gpu_judge_and_open_again(tmp_path: Path, techniques: Techniques) -> None:
    experiment = wide_on_gpu(tmp_path, techniques)
    summary = ended(run(tmp_path / "run", experiment)).summary
    compressed = summary["compressed"]
    assert compressed["test_loss"] == pytest.approx(summary["test_loss"], abs=0.5)
    assert compressed["model_bytes"] < summary["model_bytes"]
    device = torch.device("cuda:0")
    again = load_model(tmp_path / "run" / "compressed.safetensors", device)
    logits = again(torch.zeros(2, 16, dtype=torch.int64, device=device))
    assert logits.shape[:2] == (2, 16)
    assert logits.isfinite().all()
