"""Hidden and replaced tokens: as many as was said, drawn anew in each step, in training alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from gpulab.engine.batches import TrainingBatches
from gpulab.engine.loop import training_steps
from gpulab.engine.pipeline import Pipeline
from gpulab.engine.state import TrainingState
from tests.engine.support import built, tiny


def _built(tmp_path: Path, name: str, share: float) -> tuple[TrainingState, Pipeline]:
    state, pipeline, _ = built(tiny(tmp_path, {name: {"share": share}}))
    return state, pipeline


def _edited(state: TrainingState, pipeline: Pipeline, inputs: torch.Tensor) -> torch.Tensor:
    targets = inputs + 1
    [hook] = pipeline.edit_batch
    changed, kept = hook(inputs, targets, state)
    assert torch.equal(kept, targets)
    assert changed.dtype == inputs.dtype
    return changed  # type: ignore[no-any-return]


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_replaced_tokens_are_others_of_the_vocabulary(tmp_path: Path, share: float) -> None:
    state, pipeline = _built(tmp_path, "token_replacement", share)
    inputs = torch.randint(state.plan.vocab_size, (64, 256), generator=torch.Generator().manual_seed(0))
    before = inputs.clone()
    changed = _edited(state, pipeline, inputs)
    assert torch.equal(inputs, before)  # the batch's windows are views that targets share
    assert (changed != inputs).float().mean().item() == pytest.approx(share, abs=0.02)
    assert changed.min() >= 0
    assert changed.max() < state.plan.vocab_size
    assert len(set(changed[changed != inputs].tolist())) == state.plan.vocab_size
    assert torch.equal(_edited(state, pipeline, inputs), changed)
    state.step += 1
    assert not torch.equal(_edited(state, pipeline, inputs), changed)


def test_hidden_tokens_have_no_vector_while_training_and_all_have_one_otherwise(tmp_path: Path) -> None:
    state, pipeline = _built(tmp_path, "token_dropout", 0.25)
    inputs = torch.randint(state.plan.vocab_size, (64, 256), generator=torch.Generator().manual_seed(0))
    embedding, whole = state.model.token_embedding, state.model.token_embedding(inputs)
    assert torch.equal(_edited(state, pipeline, inputs), inputs)
    state.model.train()
    shown = embedding(inputs)
    hidden = (shown == 0).all(-1)
    assert hidden.float().mean().item() == pytest.approx(0.25, abs=0.02)
    assert torch.equal(shown[~hidden], whole[~hidden])
    state.model.eval()
    assert torch.equal(embedding(inputs), whole)
    state.model.train()
    for hook in pipeline.after_step:
        hook(state)
    assert torch.equal(embedding(inputs[:1]), whole[:1])


def test_what_is_hidden_teaches_its_vector_nothing(tmp_path: Path) -> None:
    state, pipeline = _built(tmp_path, "token_dropout", 0.5)
    inputs = torch.zeros(1, 200, dtype=torch.long)
    _edited(state, pipeline, inputs)
    state.model.train()
    state.model.token_embedding(inputs).sum().backward()
    grad = state.model.token_embedding.weight.grad
    assert grad is not None
    shown = (state.model.token_embedding(inputs)[0, :, 0] != 0).sum()
    assert grad[0, 0] == shown
    assert 0 < shown < 200


@pytest.mark.parametrize("name", ["token_dropout", "token_replacement"])
def test_a_compiled_model_trains_alike(tmp_path: Path, name: str) -> None:
    """Chance is drawn outside of the model, so a compiler finds the same graph in every step."""

    def losses(compiled: bool) -> list[float]:
        techniques: dict[str, dict[str, Any]] = {name: {"share": 0.3}}
        state, pipeline, text = built(tiny(tmp_path, techniques))
        if compiled:
            state.network = torch.compile(state.model, backend="eager", fullgraph=True)  # type: ignore[assignment]
        steps = training_steps(state, pipeline, TrainingBatches(text.train, 4, 16, state.seed, state.device))
        return [next(steps)[0].item() for _ in range(3)]

    assert losses(compiled=True) == pytest.approx(losses(compiled=False), rel=1e-6)
