"""The grid goes through every window once an epoch, in an order that is a pure function of seed and step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from gpulab.engine.batches import TrainingBatches
from gpulab.engine.offsets import WindowOffsets
from tests.engine.support import losses, run, tiny


def _grid(tokens: int = 101, batch: int = 4, accumulation: int = 1, seed: int = 1) -> WindowOffsets:
    return WindowOffsets(tokens, 10, batch, accumulation, seed, "grid")


def _drawn(offsets: WindowOffsets, steps: int, accumulation: int = 1) -> list[int]:
    return [int(o) for step in range(steps) for micro in range(accumulation) for o in offsets.of(step, micro)]


@pytest.mark.parametrize(("batch", "accumulation"), [(4, 1), (3, 2), (1, 1), (25, 1)])
def test_every_window_is_read_once_before_any_is_read_again(batch: int, accumulation: int) -> None:
    drawn = _drawn(_grid(batch=batch, accumulation=accumulation), 50, accumulation)
    for epoch in range(len(drawn) // 10):
        assert sorted(drawn[10 * epoch : 10 * epoch + 10]) == list(range(0, 100, 10))
    assert drawn[:10] != drawn[10:20]


@pytest.mark.parametrize("tokens", [11, 101, 109, 110, 111])
def test_every_window_has_all_its_targets(tokens: int) -> None:
    drawn = _drawn(_grid(tokens), 20)
    assert max(drawn) + 11 <= tokens
    assert len(set(drawn)) == (tokens - 1) // 10


def test_a_step_is_drawn_alike_whatever_was_drawn_before() -> None:
    fresh, used = _grid(), _grid()
    _drawn(used, 30)
    for step in (2, 17, 3, 2):
        assert np.array_equal(fresh.of(step, 0), used.of(step, 0))
    assert not np.array_equal(_grid(seed=2).of(0, 0), fresh.of(0, 0))


def test_the_grid_trains_on_other_pieces_than_chance(tmp_path: Path) -> None:
    by_chance = losses(run(tmp_path / "random", tiny(tmp_path, {"window_offsets": {"offsets": "random"}})))
    on_grid = losses(run(tmp_path / "grid", tiny(tmp_path, {"window_offsets": {}})))
    assert set(by_chance) == set(on_grid)
    assert by_chance != on_grid


@pytest.mark.parametrize("accumulation", [1, 3])
def test_what_is_gathered_ahead_is_what_the_step_reads(accumulation: int) -> None:
    """In the middle of what was gathered at once, after it, and back again: always the windows of that micro-step."""
    tokens = np.arange(3000, dtype=np.uint16)
    batches = TrainingBatches(tokens, 64, 128, 1, torch.device("cpu"), accumulation=accumulation, share=slice(2, 5))
    offsets = WindowOffsets(len(tokens), 128, 64, accumulation, 1, "random")
    assert 2 <= batches._block_of <= 20
    for step in (0, 1, 19, 20, 3, 0):
        for micro in range(accumulation):
            inputs, targets = batches.draw(step, micro)
            starts = offsets.of(step, micro)[2:5]
            assert inputs.tolist() == [list(range(start, start + 128)) for start in starts]
            assert torch.equal(targets, inputs + 1)
