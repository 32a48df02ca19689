"""Every optimizer resumes exactly, leaves bad steps out, keeps the bytes promised, and does what its paper says."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import torch

from gpulab.engine.batches import TrainingBatches
from gpulab.engine.build import build
from gpulab.engine.loop import set_learning_rate, training_steps
from gpulab.engine.optimizers import make_optimizer
from gpulab.engine.optimizers.lion import Lion
from gpulab.engine.optimizers.muon import hidden_matrices
from gpulab.engine.optimizers.skipping import SkipsBadSteps
from gpulab.engine.probes.memory import state_bytes
from gpulab.engine.subclasses import plain_tensors, put_together, taken_apart
from gpulab.spec.decode import decode
from gpulab.spec.estimates import estimate
from gpulab.spec.experiment import Experiment, Training
from gpulab.techniques import REGISTRY
from tests.engine.support import OPTIMIZERS, assert_resumes_exactly, built, tiny


def _tiny(folder: Path, optimizer: str, mode: str = "fp32") -> Experiment:
    """With 256 tokens the embedding is large enough for states in 8 and 4 bits."""
    experiment = tiny(folder, {"precision": {"mode": mode}}, optimizer=optimizer)
    return msgspec.structs.replace(experiment, data=msgspec.structs.replace(experiment.data, tokenizer="bytes"))


@pytest.mark.parametrize("mode", ["fp32", "fp16"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_resumes_exactly(tmp_path: Path, optimizer: str, mode: str) -> None:
    assert_resumes_exactly(tmp_path, _tiny(tmp_path, optimizer, mode))


def _state_tensors(optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    return [
        part.clone()
        for state in optimizer.state.values()
        for value in state.values()
        if isinstance(value, torch.Tensor)
        for part in plain_tensors(value)
    ]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_bad_step_in_the_middle_leaves_no_trace(tmp_path: Path, optimizer: str) -> None:
    """The run with a bad step goes on, bit for bit, as if it had not been made; its state too."""
    state, pipeline, text = built(_tiny(tmp_path, optimizer))
    batches = TrainingBatches(text.train, 4, 16, state.seed, state.device)
    bad_at = {3}
    pipeline.edit_loss.append(lambda loss, *_: loss * float("inf") if state.step in bad_at else loss)
    steps = training_steps(state, pipeline, batches)
    for _ in range(3):
        next(steps)
    weights, kept = [p.clone() for p in state.model.parameters()], _state_tensors(state.optimizer)
    assert not next(steps)[1].isfinite()
    assert all(torch.equal(one, two) for one, two in zip(weights, state.model.parameters(), strict=True))
    assert all(torch.equal(one, two) for one, two in zip(kept, _state_tensors(state.optimizer), strict=True))
    next(steps)
    assert not all(torch.equal(one, two) for one, two in zip(weights, state.model.parameters(), strict=True))


@pytest.mark.parametrize("bad", [True, False])
@pytest.mark.parametrize("optimizer", [name for name in OPTIMIZERS if name not in ("adamw", "adam", "sgd")])
def test_a_masked_step_is_the_step_or_nothing(tmp_path: Path, optimizer: str, bad: bool) -> None:
    """What a GPU does, where the flag is not read, worked out here on the processor."""
    state, pipeline, text = built(_tiny(tmp_path, optimizer))
    twin, twin_pipeline, _ = built(_tiny(tmp_path, optimizer))
    batches = TrainingBatches(text.train, 4, 16, state.seed, state.device)
    for one, line in ((state, pipeline), (twin, twin_pipeline)):
        steps = training_steps(one, line, batches)
        next(steps)
        next(steps)
        inputs, targets = batches.draw(2, 0)
        torch.nn.functional.cross_entropy(one.model(inputs).flatten(0, 1), targets.flatten()).backward()  # type: ignore[no-untyped-call]
    before = [p.clone() for p in state.model.parameters()]
    masked = state.optimizer
    if optimizer == "muon":
        masked, reference = (one.optimizer._inner["muon"] for one in (state, twin))  # type: ignore[attr-defined]
    else:
        reference = twin.optimizer
    assert isinstance(masked, SkipsBadSteps)
    masked.masked_step(torch.tensor(float(bad)))
    if not bad:
        reference.found_inf = None
        reference.step()
    now = list(state.model.parameters())
    expected = before if bad else list(twin.model.parameters())
    assert all(torch.equal(one, two) for one, two in zip(expected, now, strict=True))
    if bad:
        assert all(
            torch.equal(a, b)
            for a, b in zip(_state_tensors(twin.optimizer), _state_tensors(state.optimizer), strict=True)
        )


def test_lion_follows_its_paper() -> None:
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.randn(7, 5))
    plain, momentum = weight.detach().clone(), torch.zeros(7, 5)
    lion = Lion([weight], lr=0.01, betas=(0.9, 0.99), weight_decay=0.1)
    for _ in range(5):
        weight.grad = torch.randn(7, 5)
        direction = torch.sign(0.9 * momentum + 0.1 * weight.grad)
        plain = plain - 0.01 * (direction + 0.1 * plain)
        momentum = 0.99 * momentum + 0.01 * weight.grad
        lion.step()
        torch.testing.assert_close(weight.detach(), plain)
    torch.testing.assert_close(lion.state[weight]["momentum"], momentum)


def test_muon_moves_the_matrices_inside_and_adamw_the_rest(tmp_path: Path) -> None:
    """Beside torch's own two optimizers, each on its share of the parameters."""
    state, _, text = built(_tiny(tmp_path, "muon"))
    twin, _, _ = built(_tiny(tmp_path, "muon"))
    names = {name for name, p in state.model.named_parameters() if p in hidden_matrices(state.model)}
    assert names == {name for name, _ in state.model.named_parameters() if "blocks." in name and "norm" not in name}
    matrices = [p for name, p in twin.model.named_parameters() if name in names]
    rest = [p for name, p in twin.model.named_parameters() if name not in names]
    rate = 1e-3
    scale = state.optimizer.param_groups[0]["lr_scale"]
    muon = torch.optim.Muon(matrices, rate * scale, weight_decay=0.0, adjust_lr_fn="match_rms_adamw")
    adamw = torch.optim.AdamW(rest, rate, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
    inputs, targets = TrainingBatches(text.train, 4, 16, 1, state.device).draw(0, 0)
    for group in state.optimizer.param_groups:
        group["lr"] = rate * group.get("lr_scale", 1.0)
    for _ in range(3):
        for model, optimizers in ((state.model, [state.optimizer]), (twin.model, [muon, adamw])):
            model.zero_grad()
            torch.nn.functional.cross_entropy(model(inputs).flatten(0, 1), targets.flatten()).backward()  # type: ignore[no-untyped-call]
            for optimizer in optimizers:
                optimizer.step()
    for one, two in zip(state.model.parameters(), twin.model.parameters(), strict=True):
        assert torch.equal(one, two)


def test_the_head_of_its_own_is_no_hidden_matrix() -> None:
    model = torch.nn.Module()
    model.embedding, model.inside, model.head = torch.nn.Embedding(9, 4), torch.nn.Linear(4, 4), torch.nn.Linear(4, 9)
    assert hidden_matrices(model) == {model.inside.weight}


@pytest.mark.parametrize("optimizer", ["muon", "lion", "adafactor"])
def test_the_learning_rate_is_fitted_to_the_optimizer(tmp_path: Path, optimizer: str) -> None:
    state, pipeline, _ = built(_tiny(tmp_path, optimizer))
    set_learning_rate(state, pipeline)
    group = state.optimizer.param_groups[0]
    assert group["lr"] == pytest.approx(1e-3 * group["lr_scale"])


@pytest.mark.parametrize(("optimizer", "share"), [("adamw_8bit", 0.27), ("adamw_4bit", 0.16), ("adafactor", 0.03)])
def test_states_are_as_small_as_promised(optimizer: str, share: float) -> None:
    """Against AdamW's own, on a model of some size; the estimate says the same before anything runs."""
    kept = {}
    for name in ("adamw", optimizer):
        model = {"n_layer": 2, "n_head": 4, "n_embd": 128, "context_length": 32}
        experiment = decode({"model": model, "training": {"optimizer": name, "batch_size": 1}}, REGISTRY)
        state, pipeline = build(experiment, 64, torch.device("cpu"), lambda document: None)
        tokens = torch.arange(200).remainder(64).numpy()
        next(training_steps(state, pipeline, TrainingBatches(tokens, 1, 32, 1, state.device)))
        weights = sum(parameter.nbytes for parameter in state.model.parameters())
        kept[name] = state_bytes(state.model, state.optimizer) - 2 * weights
        assert estimate(state.plan, name).optimizer_bytes == pytest.approx(kept[name], rel=0.01)
    assert kept[optimizer] <= share * kept["adamw"]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_promised_states_are_those_that_are_kept(optimizer: str) -> None:
    experiment = decode(
        {"model": {"n_embd": 128, "n_layer": 2, "context_length": 32}, "training": {"optimizer": optimizer}}, REGISTRY
    )
    state, pipeline = build(experiment, 96, torch.device("cpu"), lambda document: None)
    tokens = torch.arange(200).remainder(96).numpy()
    next(training_steps(state, pipeline, TrainingBatches(tokens, 1, 32, 1, state.device)))
    kept = state_bytes(state.model, state.optimizer) - 2 * sum(
        parameter.nbytes for parameter in state.model.parameters()
    )
    assert estimate(state.plan, optimizer).optimizer_bytes == pytest.approx(kept, rel=0.01)


@pytest.mark.parametrize("optimizer", ["adamw_8bit", "adamw_4bit"])
def test_short_states_are_taken_apart_and_put_together(optimizer: str) -> None:
    model = torch.nn.Linear(64, 64, bias=False)
    made = make_optimizer(model, decode({"training": {"optimizer": optimizer}}, REGISTRY).training)
    model.weight.grad = torch.randn(64, 64)
    made.step()
    state = made.state[model.weight]["exp_avg"]
    apart = taken_apart(state)
    assert apart is not None
    facts, parts = msgspec.json.decode(msgspec.json.encode(apart[0])), apart[1]
    again = put_together(facts, parts)
    assert type(again) is type(state)
    assert (again.dtype, again.shape) == (state.dtype, state.shape)
    assert torch.equal(again.dequantize(), state.dequantize())
    with pytest.raises(KeyError):
        put_together({**facts, "kind": "Parameter"}, parts)


@pytest.mark.parametrize("kernel", ["foreach", "for_loop"])
@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd"])
def test_other_kernels_work_out_the_same_step(optimizer: str, kernel: str) -> None:
    torch.manual_seed(0)
    training = msgspec.structs.replace(Training(), optimizer=optimizer)
    fused_model = torch.nn.Linear(8, 8)
    other_model = torch.nn.Linear(8, 8)
    other_model.load_state_dict(fused_model.state_dict())
    fused, other = make_optimizer(fused_model, training), make_optimizer(other_model, training, kernel)  # type: ignore[arg-type]
    for _ in range(4):
        for one, two in zip(fused_model.parameters(), other_model.parameters(), strict=True):
            one.grad = torch.randn_like(one)
            two.grad = one.grad.clone()
        fused.step()
        other.step()
    for one, two in zip(fused_model.parameters(), other_model.parameters(), strict=True):
        torch.testing.assert_close(one, two)
