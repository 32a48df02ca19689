"""The average is AveragedModel's, shows at every look and in the result, and changes nothing about the training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from gpulab.engine.batches import TrainingBatches
from gpulab.engine.loop import training_steps
from gpulab.engine.pipeline import Pipeline
from gpulab.engine.state import TrainingState
from gpulab.events.documents import Sample
from gpulab.techniques.ema import Ema, EmaSettings
from tests.engine.support import built, ended, losses, run, tiny

Tensors = tuple[torch.Tensor, ...] | list[torch.Tensor]


def _looked_at(state: TrainingState, pipeline: Pipeline) -> dict[str, torch.Tensor]:
    with pipeline.evaluation_context(state):
        return {name: value.clone() for name, value in state.model.state_dict().items()}


@pytest.mark.parametrize("kind", ["layernorm", "batchnorm"])
@pytest.mark.parametrize("decay", [0.0, 0.2, 0.999])
def test_the_average_is_averaged_models(tmp_path: Path, decay: float, kind: str) -> None:
    techniques: dict[str, dict[str, Any]] = {"ema": {"decay": decay}, "normalization": {"kind": kind}}
    state, pipeline, text = built(tiny(tmp_path, techniques, learning_rate=0.01))
    steps = training_steps(state, pipeline, TrainingBatches(text.train, 4, 16, state.seed, state.device))

    def average(kept: Tensors, newest: Tensors, count: torch.Tensor | int) -> None:
        get_ema_multi_avg_fn(min(decay, (1 + int(count)) / (10 + int(count))))(kept, newest, count)  # type: ignore[no-untyped-call]

    theirs = AveragedModel(state.model, multi_avg_fn=average, use_buffers=True)
    for _ in range(7):
        next(steps)
        theirs.update_parameters(state.model)
    ours = _looked_at(state, pipeline)
    for name, value in theirs.module.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            torch.testing.assert_close(ours[name], value, msg=name)


def test_the_weights_come_back_bit_for_bit_even_after_a_failure(tmp_path: Path) -> None:
    state, pipeline, text = built(tiny(tmp_path, {"ema": {}}, learning_rate=0.01))
    steps = training_steps(state, pipeline, TrainingBatches(text.train, 4, 16, state.seed, state.device))
    before = {name: value.clone() for name, value in state.model.state_dict().items()}
    assert all(torch.equal(before[name], value) for name, value in _looked_at(state, pipeline).items())
    for _ in range(3):
        next(steps)
    own = {name: value.clone() for name, value in state.model.state_dict().items()}
    assert not torch.equal(_looked_at(state, pipeline)["token_embedding.weight"], own["token_embedding.weight"])
    with pytest.raises(KeyboardInterrupt), pipeline.evaluation_context(state):
        raise KeyboardInterrupt
    assert all(torch.equal(own[name], value) for name, value in state.model.state_dict().items())


def test_training_is_the_same_and_looks_are_not(tmp_path: Path) -> None:
    plain = run(tmp_path / "plain", tiny(tmp_path, learning_rate=0.01))
    averaged = run(tmp_path / "averaged", tiny(tmp_path, {"ema": {}}, learning_rate=0.01))
    assert losses(plain) == losses(averaged)
    looks = [
        {d.step: d.values["val_loss"] for d in documents if isinstance(d, Sample) and "val_loss" in d.values}
        for documents in (plain, averaged)
    ]
    assert looks[0][0] == looks[1][0]
    assert looks[0][12] != looks[1][12]
    assert ended(averaged).summary["val_loss"] == looks[1][12]
    files = [load_file(tmp_path / name / "model.safetensors") for name in ("plain", "averaged")]
    assert not torch.equal(files[0]["token_embedding.weight"], files[1]["token_embedding.weight"])


def test_what_pruning_holds_at_zero_is_zero_in_the_average(tmp_path: Path) -> None:
    pruned = {"pruning": {"amount": 0.6, "when": "gradual"}}
    alone = ended(run(tmp_path / "alone", tiny(tmp_path, pruned))).summary["zero_share"]
    both = ended(run(tmp_path / "both", tiny(tmp_path, {**pruned, "ema": {}}))).summary["zero_share"]
    assert both == pytest.approx(alone, abs=0.001)


def test_early_steps_keep_less() -> None:
    ema = Ema(EmaSettings(decay=0.99))
    assert [ema.decay_at(step) for step in (0, 1, 8, 10**6)] == pytest.approx([0.1, 2 / 11, 0.5, 0.99])


def test_sixteen_bit_weights_are_averaged_in_thirty_two(tmp_path: Path) -> None:
    """In 16 bits a thousandth of a new value would be rounded away, and the average would stand still."""
    state, pipeline, _ = built(tiny(tmp_path, {"ema": {"decay": 0.999}}))
    state.model.bfloat16()
    state.step = 10**5
    for value in (1.0, *[2.0] * 200):
        with torch.no_grad():
            state.model.final_norm.weight.fill_(value)  # type: ignore[operator]
        for hook in pipeline.after_step:
            hook(state)
    shown = _looked_at(state, pipeline)["final_norm.weight"]
    assert shown.float().mean().item() == pytest.approx(2.0 - 0.999**200, rel=0.01)
