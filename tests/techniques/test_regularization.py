"""Penalties and clipping against torch's own, or against brute force."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from torch.nn import functional as F

from gpulab.engine.batches import TrainingBatches
from gpulab.engine.loop import set_learning_rate, training_steps
from gpulab.engine.model import IGNORED, next_token_loss
from gpulab.engine.pipeline import Pipeline
from gpulab.engine.state import TrainingState
from gpulab.text.prepared import PreparedText
from tests.engine.support import OPTIMIZERS, built, tiny


def _edited(state: TrainingState, pipeline: Pipeline, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    loss = next_token_loss(logits, targets)
    for hook in pipeline.edit_loss:
        loss = hook(loss, logits, targets, state)
    return loss


def _guesses(dtype: torch.dtype = torch.float32) -> tuple[torch.Tensor, torch.Tensor]:
    """Random logits (2, 5, 7) and targets (2, 5), one of which asks for nothing."""
    chance = torch.Generator().manual_seed(3)
    logits = (3 * torch.randn(2, 5, 7, generator=chance)).to(dtype).requires_grad_()
    targets = torch.randint(7, (2, 5), generator=chance)
    targets[1, 2] = IGNORED
    return logits, targets


def _gradient(loss: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
    return torch.autograd.grad(loss, logits)[0]


@pytest.mark.parametrize("amount", [0.0, 0.1, 0.9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_label_smoothing_is_torchs_own(tmp_path: Path, amount: float, dtype: torch.dtype) -> None:
    state, pipeline, _ = built(tiny(tmp_path, {"label_smoothing": {"amount": amount}}))
    logits, targets = _guesses(dtype)
    ours = _edited(state, pipeline, logits, targets)
    flat = logits.float().flatten(0, 1)
    theirs = F.cross_entropy(flat, targets.flatten(), ignore_index=IGNORED, label_smoothing=amount)
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(_gradient(ours, logits), _gradient(theirs, logits))


def test_z_loss_is_the_mean_square_of_log_z(tmp_path: Path) -> None:
    state, pipeline, _ = built(tiny(tmp_path, {"z_loss": {"coefficient": 0.5}}))
    logits, targets = _guesses()
    asked = [logits[row, place] for row in range(2) for place in range(5) if targets[row, place] != IGNORED]
    squares = [scores.exp().sum().log() ** 2 for scores in asked]
    brute = next_token_loss(logits, targets) + 0.5 * sum(squares) / len(squares)
    torch.testing.assert_close(_edited(state, pipeline, logits, targets), brute)


def test_label_smoothing_comes_before_the_z_loss(tmp_path: Path) -> None:
    """Else smoothing would take its share off the penalty."""
    both: dict[str, dict[str, Any]] = {"z_loss": {"coefficient": 0.5}, "label_smoothing": {"amount": 0.5}}
    logits, targets = _guesses()
    smooth, with_z, plain = (
        _edited(*built(tiny(tmp_path, techniques))[:2], logits, targets)
        for techniques in ({"label_smoothing": {"amount": 0.5}}, {"z_loss": {"coefficient": 0.5}}, {})
    )
    torch.testing.assert_close(_edited(*built(tiny(tmp_path, both))[:2], logits, targets), smooth + with_z - plain)


@pytest.mark.parametrize("bias", [True, False])
def test_matrices_decay_and_vectors_do_not(tmp_path: Path, bias: bool) -> None:
    """With a gradient of zero everywhere, what AdamW still changes is what decays."""
    experiment = tiny(tmp_path, {"weight_decay": {"amount": 0.5}}, learning_rate=0.1)
    model = msgspec.structs.replace(experiment.model, bias=bias)
    state, _, _ = built(msgspec.structs.replace(experiment, model=model))
    before = {name: value.detach().clone() for name, value in state.model.named_parameters()}
    for parameter in state.model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    state.optimizer.step()
    for name, parameter in state.model.named_parameters():
        kept = 1.0 - 0.1 * 0.5 if parameter.dim() >= 2 else 1.0
        torch.testing.assert_close(parameter.detach(), kept * before[name], msg=name)
    assert {name for name, p in state.model.named_parameters() if p.dim() >= 2} >= {
        "token_embedding.weight",
        "position_embedding.weight",
    }


def _groups(state: TrainingState) -> Iterator[tuple[str, dict[str, Any]]]:
    """The settings of each parameter's group, by its name."""
    names = {parameter: name for name, parameter in state.model.named_parameters()}
    for group in state.optimizer.param_groups:
        settings = {key: value for key, value in group.items() if key != "params"}
        yield from ((names[parameter], settings) for parameter in group["params"])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_decay_is_decoupled_but_where_it_is_said_not_to_be(tmp_path: Path, optimizer: str) -> None:
    """Where nothing else moves a weight, only the experiment's learning rate and the amount say how far it shrinks."""
    state, pipeline, _ = built(tiny(tmp_path, {"weight_decay": {"amount": 0.5}}, optimizer=optimizer))
    set_learning_rate(state, pipeline)
    rate = state.experiment.training.learning_rate
    before = {name: value.detach().clone() for name, value in state.model.named_parameters()}
    for parameter in state.model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    state.optimizer.found_inf = torch.zeros(())  # type: ignore[attr-defined]
    state.optimizer.step()
    matrices = {name: weight for name, weight in state.model.named_parameters() if weight.dim() >= 2}
    decoupled = [
        torch.allclose(weight, (1.0 - rate * 0.5) * before[name], rtol=1e-6, atol=1e-9)
        for name, weight in matrices.items()
    ]
    assert all(decoupled) != (optimizer == "adam")
    if optimizer != "sgd":  # whose very first step is the same either way
        assert any(decoupled) != (optimizer == "adam")


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_regrouping_keeps_what_the_optimizer_knows(tmp_path: Path, optimizer: str) -> None:
    """Groups keep their other settings, the optimizer its state; every parameter stays in exactly one group."""
    plain, _, _ = built(tiny(tmp_path, optimizer=optimizer))
    state, _, _ = built(tiny(tmp_path, {"weight_decay": {"amount": 0.25}}, optimizer=optimizer))
    grouped = [parameter for group in state.optimizer.param_groups for parameter in group["params"]]
    assert len(grouped) == len({id(parameter) for parameter in grouped}) == len(list(state.model.parameters()))
    assert len(state.optimizer.state) == len(plain.optimizer.state)
    theirs = dict(_groups(plain))
    for name, group in _groups(state):
        assert {**group, "weight_decay": 0.0} == {**theirs[name], "weight_decay": 0.0}
        amount = 0.25 / group.get("lr_scale", 1.0)
        assert group["weight_decay"] == (amount if state.model.get_parameter(name).dim() >= 2 else 0.0)


def _first_step(tmp_path: Path, techniques: dict[str, dict[str, Any]]) -> tuple[TrainingState, float, PreparedText]:
    """The state after one step whose gradients are kept, and the norm on record."""
    state, pipeline, text = built(tiny(tmp_path, techniques))
    kept: dict[torch.nn.Parameter, torch.Tensor | None] = {}
    pipeline.after_step.append(lambda state: kept.update({one: one.grad for one in state.model.parameters()}))
    batches = TrainingBatches(text.train, 4, 16, state.seed, state.device)
    _, norm = next(training_steps(state, pipeline, batches))
    for parameter, gradient in kept.items():
        parameter.grad = gradient
    return state, norm.item(), text


def _gradients(state: TrainingState) -> list[torch.Tensor]:
    return [parameter.grad for parameter in state.model.parameters() if parameter.grad is not None]


@pytest.mark.parametrize("mode", ["fp32", "fp16"])
def test_clipping_shortens_true_gradients_and_records_the_norm_before(tmp_path: Path, mode: str) -> None:
    """In fp16 the loss is scaled by 65,536: had the clip seen that, the gradient left would be far shorter."""
    plain, norm, _ = _first_step(tmp_path, {"precision": {"mode": mode}})
    assert norm > 0.2
    clipped, recorded, _ = _first_step(tmp_path, {"precision": {"mode": mode}, "gradient_clipping": {"limit": 0.1}})
    assert recorded == pytest.approx(norm, rel=1e-6)
    theirs = torch.nn.utils.clip_grad_norm_(list(plain.model.parameters()), 0.1)
    assert theirs.item() == pytest.approx(norm, rel=1e-6)
    for ours, expected in zip(_gradients(clipped), _gradients(plain), strict=True):
        torch.testing.assert_close(ours, expected)
    assert torch.nn.utils.get_total_norm(_gradients(clipped)).item() == pytest.approx(0.1, rel=1e-4)


def test_a_gradient_within_the_limit_is_left_alone(tmp_path: Path) -> None:
    plain, norm, _ = _first_step(tmp_path, {})
    clipped, recorded, _ = _first_step(tmp_path, {"gradient_clipping": {"limit": 2 * norm}})
    assert recorded == norm
    assert all(torch.equal(one, two) for one, two in zip(_gradients(plain), _gradients(clipped), strict=True))


@pytest.mark.parametrize("bad", [float("inf"), float("nan")])
def test_clipping_does_not_hide_a_gradient_that_is_not_finite(tmp_path: Path, bad: float) -> None:
    state, pipeline, text = built(tiny(tmp_path, {"gradient_clipping": {}}))
    before = {name: value.clone() for name, value in state.model.named_parameters()}
    pipeline.edit_loss.append(lambda loss, *_: loss * bad)
    _, norm = next(training_steps(state, pipeline, TrainingBatches(text.train, 4, 16, 1, state.device)))
    assert not norm.isfinite()
    assert all(torch.equal(before[name], value) for name, value in state.model.named_parameters())
