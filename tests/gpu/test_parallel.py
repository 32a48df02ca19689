"""Gradients over NCCL with one rank: the process group, DDP and every exchange, as two GPUs would use them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch._C._distributed_c10d import HashStore

from gpulab.engine.batches import TrainingBatches
from gpulab.engine.build import build, prepare_text, set_up_torch
from gpulab.engine.loop import training_steps
from gpulab.engine.parallel.team import ALONE, Ranks, Team
from tests.engine.support import tiny

GPU = torch.device("cuda:0")


@pytest.fixture
def team() -> Iterator[Ranks]:
    set_up_torch(1)
    torch.cuda.set_device(GPU)
    dist.init_process_group("cpu:gloo,cuda:nccl", store=HashStore(), rank=0, world_size=1)
    yield Ranks(0, 1, os.getpid(), 1)
    dist.destroy_process_group()


def _losses(folder: Path, team: Team, techniques: dict[str, dict[str, Any]]) -> list[float]:
    experiment = tiny(folder, techniques, accumulation=2)
    text = prepare_text(experiment)
    state, pipeline = build(experiment, text.tokenizer.vocab_size, GPU, lambda document: None, team)
    steps = training_steps(state, pipeline, TrainingBatches(text.train, 4, 16, state.seed, GPU))
    return [next(steps)[0].item() for _ in range(8)]


@pytest.mark.parametrize(
    ("compression", "tolerance"),
    [
        ({"method": "none"}, 0.0),
        ({"method": "topk", "share": 1.0}, 0.0),
        ({"method": "fp16"}, 1e-3),
        ({"method": "bf16"}, 1e-2),
        ({"method": "powersgd", "start": 2}, 0.5),
    ],
    ids=lambda value: value["method"] if isinstance(value, dict) else "",
)
def test_an_exchange_over_nccl_trains_what_one_process_trains(
    tmp_path: Path, team: Ranks, compression: dict[str, Any], tolerance: float
) -> None:
    alone = _losses(tmp_path, ALONE, {})
    exchanged = _losses(tmp_path, team, {"data_parallel": {}, "gradient_compression": compression})
    assert exchanged == pytest.approx(alone, abs=tolerance)


def test_orders_and_figures_travel_beside_the_gradients(team: Ranks) -> None:
    assert team.agree(lambda: "save") == "save"
    assert team.everybody(True)
    assert team.mean(torch.tensor([1.5, 2.5])).tolist() == [1.5, 2.5]
