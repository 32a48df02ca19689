"""The training loop, read from top to bottom. Techniques act in named phases; no technique's name stands here.

`state.phase` names what a step spends its time on, for the profiler; while nobody profiles, only the
wait for text is timed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from gpulab.engine.batches import TrainingBatches
from gpulab.engine.model import next_token_loss
from gpulab.engine.pipeline import Pipeline
from gpulab.engine.randomness import start_dropout_stream
from gpulab.engine.state import TrainingState


def training_steps(
    state: TrainingState, pipeline: Pipeline, batches: TrainingBatches
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Trains from `state.step` to the last step; after each it yields the loss and the gradient's norm.

    Both stay on the device: reading them is left to whoever needs a number, so that no step waits for another.
    A step whose gradient is not finite changes no weight and no running average.
    """
    parameters = [parameter for parameter in state.model.parameters() if parameter.requires_grad]
    averages = [buffer for buffer in state.model.buffers() if buffer.is_floating_point()]
    state.model.train()
    while not state.finished:
        set_learning_rate(state, pipeline)
        before = [average.clone() for average in averages]
        loss = _backward(state, pipeline, batches)
        with state.phase("optimizer"):
            for hook in pipeline.after_backward:
                hook(state)
            gradient_norm, good = _gradient_norm(state, parameters)
            for average, value in zip(averages, before, strict=True):
                average.copy_(torch.where(good, average, value))
            state.optimizer.found_inf = (~good).float()  # type: ignore[attr-defined]
            state.optimizer.step()
            for hook in pipeline.after_step:
                hook(state)
            for parameter in parameters:
                parameter.grad = None
        state.step += 1
        yield loss, gradient_norm


def _backward(state: TrainingState, pipeline: Pipeline, batches: TrainingBatches) -> torch.Tensor:
    """Leaves a whole step's gradients in the parameters; returns the mean loss of its micro-batches."""
    start_dropout_stream(state.seed, state.step, state.device, state.team.rank)
    losses, count, state.apart = [], state.experiment.training.accumulation, True
    for state.micro in range(count):
        with state.phase("data"):
            inputs, targets = batches.draw(state.step, state.micro)
            for edit_batch in pipeline.edit_batch:
                inputs, targets = edit_batch(inputs, targets, state)
        with state.phase("forward"), pipeline.forward_context(state):
            logits = state.network(inputs)
            loss = next_token_loss(logits, targets)
        losses.append(loss.detach())
        for edit_loss in pipeline.edit_loss:
            loss = edit_loss(loss, logits, targets, state)
        with state.phase("backward"):
            (loss / count if count > 1 else loss).backward()  # type: ignore[no-untyped-call]
    state.apart = False
    if state.team.size > 1:  # weights that follow from common gradients must not follow from different chance
        start_dropout_stream(state.seed, state.step, state.device)
    return torch.stack(losses).mean() if count > 1 else losses[0]


def _gradient_norm(state: TrainingState, parameters: Sequence[torch.nn.Parameter]) -> tuple[torch.Tensor, torch.Tensor]:
    """The norm that a person should see, from before it was shortened, and whether the gradients are finite."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients))) if gradients else torch.zeros(())
    good = norm.isfinite()
    if state.gradient_norm is not None:
        norm, state.gradient_norm = state.gradient_norm, None
        good = good & norm.isfinite()
    return norm, good


def set_learning_rate(state: TrainingState, pipeline: Pipeline) -> None:
    """Gives the optimizer the learning rate of the step that comes next."""
    rate = learning_rate(state, pipeline, state.step)
    for group in state.optimizer.param_groups:
        group["lr"] = rate * group.get("lr_scale", 1.0)


def learning_rate(state: TrainingState, pipeline: Pipeline, step: int) -> float:
    """The learning rate of step number `step` (from 0)."""
    return state.experiment.training.learning_rate * pipeline.lr_factor(step, state.steps)
