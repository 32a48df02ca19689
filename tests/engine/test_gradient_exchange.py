"""What travels between workers, seen from a team of one: the same code, a real process group, one process."""

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
from gpulab.engine.build import build, prepare_text
from gpulab.engine.loop import training_steps
from gpulab.engine.parallel.team import Ranks
from gpulab.engine.parallel.wire import Wire
from gpulab.engine.pipeline import Pipeline
from gpulab.engine.randomness import of_rank, torch_stream
from gpulab.engine.state import TrainingState
from gpulab.techniques.gradient_compression import GradientCompression, GradientCompressionSettings
from tests.engine.support import built, tiny


@pytest.fixture
def team() -> Iterator[Ranks]:
    dist.init_process_group("gloo", store=HashStore(), rank=0, world_size=1)
    yield Ranks(0, 1, os.getpid(), 1)
    dist.destroy_process_group()


def _built(folder: Path, team: Ranks, **settings: Any) -> tuple[TrainingState, Pipeline, TrainingBatches]:
    experiment = tiny(folder, {"data_parallel": {}, "gradient_compression": settings})
    text = prepare_text(experiment)
    state, pipeline = build(experiment, text.tokenizer.vocab_size, torch.device("cpu"), lambda document: None, team)
    return state, pipeline, TrainingBatches(text.train, 4, 16, state.seed, state.device)


def _weights(state: TrainingState, pipeline: Pipeline, batches: TrainingBatches, steps: int) -> list[torch.Tensor]:
    taken = training_steps(state, pipeline, batches)
    for _ in range(steps):
        next(taken)
    return [parameter.detach().clone() for parameter in state.model.parameters()]


@pytest.mark.parametrize("settings", [{"method": "none"}, {"method": "topk", "share": 1.0}])
def test_whole_gradients_are_the_gradients_of_one_process(
    tmp_path: Path, team: Ranks, settings: dict[str, Any]
) -> None:
    state, pipeline, text = built(tiny(tmp_path))
    alone = _weights(state, pipeline, TrainingBatches(text.train, 4, 16, state.seed, state.device), 4)
    exchanged = _weights(*_built(tmp_path, team, **settings), 4)
    assert all(torch.equal(one, other) for one, other in zip(alone, exchanged, strict=True))


class _Bucket:
    """A bucket of gradients, as DDP hands it to its hook."""

    def __init__(self, gradients: torch.Tensor) -> None:
        self._gradients = gradients

    def buffer(self) -> torch.Tensor:
        return self._gradients


class _TwoAlike(Wire):
    """A wire to another rank that always sends what this one sends."""

    def __init__(self) -> None:
        self.size, self.bytes_sent = 2, 0.0

    def gathered(self, tensor: torch.Tensor) -> torch.futures.Future[list[torch.Tensor]]:
        self.bytes_sent += tensor.nbytes
        future: torch.futures.Future[list[torch.Tensor]] = torch.futures.Future()
        future.set_result([tensor.clone(), tensor.clone()])
        return future


def test_top_k_sends_the_largest_and_forgets_nothing() -> None:
    technique = GradientCompression(GradientCompressionSettings(method="topk", share=0.1))
    wire, generator = _TwoAlike(), torch.Generator().manual_seed(1)
    given, sent = torch.zeros(50, dtype=torch.float64), torch.zeros(50, dtype=torch.float64)
    owed = torch.zeros(50)
    for _ in range(30):
        gradients = torch.randn(50, generator=generator)
        mean = technique._largest(_Bucket(gradients.clone()), wire).wait()  # type: ignore[arg-type]
        owed = owed + gradients
        expected = torch.zeros(50)
        largest = sorted(range(50), key=lambda place: -abs(owed[place].item()))[:5]
        expected[largest] = owed[largest]
        owed = owed - expected
        torch.testing.assert_close(mean, expected)
        given, sent = given + gradients, sent + mean
    torch.testing.assert_close(sent + technique.state_dict()["left_out"], given, rtol=1e-5, atol=1e-5)
    assert wire.bytes_sent == 30 * 5 * (4 + 4)  # a value and its place


@pytest.mark.parametrize("settings", [{"method": "topk"}, {"method": "powersgd", "start": 2}])
@pytest.mark.parametrize("bad_step", [1, 2, 5])
def test_a_gradient_that_is_not_finite_leaves_no_trace_in_the_memory(
    tmp_path: Path, team: Ranks, settings: dict[str, Any], bad_step: int
) -> None:
    state, pipeline, batches = _built(tmp_path, team, **settings)
    compression = pipeline.techniques[-1]
    pipeline.edit_loss.append(lambda loss, *_: loss * float("nan") if state.step == bad_step else loss)
    steps = training_steps(state, pipeline, batches)
    for step in range(8):
        before = {name: value for name, value in compression.state_dict().items() if name != "iter"}
        before = {name: value.clone() for name, value in before.items()}
        loss, norm = next(steps)
        assert norm.isfinite() == (step != bad_step)
        assert loss.isfinite()
        if step == bad_step:
            after = compression.state_dict()
            assert all(torch.equal(value, after[name]) for name, value in before.items())
    memory = [value for value in compression.state_dict().values() if isinstance(value, torch.Tensor)]
    assert memory
    assert all(value.isfinite().all() and value.any() for value in memory)


def test_power_sgd_sends_thin_matrices_once_it_has_begun(
    tmp_path: Path, team: Ranks, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, pipeline, batches = _built(tmp_path, team, method="powersgd", rank=1, start=3)
    assert team.wire is not None
    counted: list[int] = []
    monkeypatch.setattr(team.wire, "count_summed", counted.append)
    _weights(state, pipeline, batches, 5)
    matrices = [parameter.shape for parameter in state.model.parameters()]
    whole = sum(shape.numel() for shape in matrices)
    thin = sum(
        sum(shape) if len(shape) == 2 and 2 * sum(shape) < shape.numel() else shape.numel() for shape in matrices
    )
    assert counted == [4 * whole] * 3 + [4 * thin] * 2


def test_shares_of_the_ranks_are_the_batch(tmp_path: Path) -> None:
    _, _, text = built(tiny(tmp_path))
    whole = TrainingBatches(text.train, 6, 16, 1, torch.device("cpu")).draw(3, 1)
    shares = []
    for rank in range(3):
        share = slice(2 * rank, 2 * rank + 2)
        shares.append(TrainingBatches(text.train, 6, 16, 1, torch.device("cpu"), share=share).draw(3, 1))
    for part, of_all in enumerate(whole):
        assert torch.equal(torch.cat([share[part] for share in shares]), of_all)


def test_chance_is_apart_within_the_batch_and_common_outside(tmp_path: Path, team: Ranks) -> None:
    state, _, _ = built(tiny(tmp_path))
    common = torch.rand(3, generator=state.stream("mask"))
    team.rank, state.team = 1, team
    assert torch.equal(torch.rand(3, generator=state.stream("mask")), common)
    state.apart = True
    own = torch.rand(3, generator=state.stream("mask"))
    assert not torch.equal(own, common)
    assert torch.equal(own, torch.rand(3, generator=torch_stream(state.seed, "mask", 0, 0, 1)))
    assert of_rank(0) == ()
