"""What only a GPU shows: steps left out without waiting, batches sent ahead, CUDA graphs, 8-bit units, allocation."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch

from gpulab.engine.batches import TrainingBatches
from gpulab.engine.build import build, prepare_text
from gpulab.engine.loop import training_steps
from gpulab.events.documents import RunEnded
from gpulab.events.log import read_all
from gpulab.runs import launcher
from gpulab.spec.files import save
from tests.engine.support import OPTIMIZERS, assert_resumes_exactly, losses, run
from tests.gpu.support import tiny_on_gpu

CUDA = torch.device("cuda:0")


@pytest.mark.parametrize("mode", ["fp32", "fp16", "bf16_pure"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_resumes_exactly(tmp_path: Path, optimizer: str, mode: str) -> None:
    assert_resumes_exactly(tmp_path, tiny_on_gpu(tmp_path, {"precision": {"mode": mode}}, optimizer=optimizer))


@pytest.mark.parametrize("kernel", ["fused", "foreach", "for_loop"])
@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd"])
def test_every_kernel_resumes_exactly(tmp_path: Path, optimizer: str, kernel: str) -> None:
    assert_resumes_exactly(
        tmp_path, tiny_on_gpu(tmp_path, {"optimizer_kernel": {"kernel": kernel}}, optimizer=optimizer)
    )


@pytest.mark.parametrize("optimizer", [name for name in OPTIMIZERS if name != "adafactor"])
def test_a_bad_step_is_left_out_without_waiting(tmp_path: Path, optimizer: str) -> None:
    experiment = tiny_on_gpu(tmp_path, optimizer=optimizer)
    text = prepare_text(experiment)
    state, pipeline = build(experiment, text.tokenizer.vocab_size, CUDA, lambda document: None)
    steps = training_steps(state, pipeline, TrainingBatches(text.train, 4, 16, 1, CUDA))
    next(steps)
    before = [parameter.clone() for parameter in state.model.parameters()]
    state.model(torch.zeros(1, 4, dtype=torch.int64, device=CUDA)).sum().backward()
    bad = torch.ones((), device=CUDA)
    for group in state.optimizer.param_groups:
        group["lr"] = 1e-3
    torch.cuda.set_sync_debug_mode("error")
    try:
        state.optimizer.found_inf = bad  # type: ignore[attr-defined]
        state.optimizer.step()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert all(torch.equal(one, two) for one, two in zip(before, state.model.parameters(), strict=True))


@pytest.mark.parametrize("accumulation", [1, 3])
def test_batches_sent_ahead_are_the_same(tmp_path: Path, accumulation: int) -> None:
    text = prepare_text(tiny_on_gpu(tmp_path))
    ways = [
        TrainingBatches(text.train, 4, 16, 1, CUDA, accumulation=accumulation, transfer=way)
        for way in ("device", "pageable", "pinned")
    ]
    for step in range(5):
        for micro in range(accumulation):
            drawn = [way.draw(step, micro) for way in ways]
            assert all(batch[0].device == CUDA for batch in drawn)
            assert all(torch.equal(drawn[0][part], other[part]) for other in drawn[1:] for part in (0, 1))


@pytest.mark.parametrize("text", ["pageable", "pinned"])
def test_losses_do_not_depend_on_the_way(tmp_path: Path, text: str) -> None:
    plain = losses(run(tmp_path / "plain", tiny_on_gpu(tmp_path)))
    assert losses(run(tmp_path / "sent", tiny_on_gpu(tmp_path, {"data_transfer": {"text": text}}))) == plain


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["default", "reduce_overhead"])
@pytest.mark.parametrize("precision", ["fp32", "bf16", "float8"])
def test_compiled_models_resume_exactly(tmp_path: Path, mode: str, precision: str) -> None:
    assert_resumes_exactly(
        tmp_path, tiny_on_gpu(tmp_path, {"compilation": {"mode": mode}, "precision": {"mode": precision}})
    )


def test_float8_trains_on_8_bit_units(tmp_path: Path) -> None:
    assert_resumes_exactly(tmp_path, tiny_on_gpu(tmp_path, {"precision": {"mode": "float8"}}))


def test_the_allocator_reaches_the_worker(tmp_path: Path) -> None:
    """Through a real worker process: its environment is all that tells the allocator."""
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    save(tiny_on_gpu(tmp_path, {"allocator": {}}), run_dir / "experiment.toml")
    worker = launcher.start(run_dir)
    while worker.alive:
        time.sleep(0.05)
    last = read_all(run_dir)[-1]
    assert isinstance(last, RunEnded)
    assert last.status == "done", last
