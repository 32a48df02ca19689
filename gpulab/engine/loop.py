"""The training loop, read from top to bottom. Techniques act in named phases; no technique's name stands here."""

from __future__ import annotations

from collections.abc import Iterator

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
    model, training = state.model, state.experiment.training
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    averages = [buffer for buffer in model.buffers() if buffer.is_floating_point()]
    model.train()
    while not state.finished:
        start_dropout_stream(state.seed, state.step, state.device, state.team.rank)
        set_learning_rate(state, pipeline)
        before = [average.clone() for average in averages]
        losses, state.apart = [], True
        for state.micro in range(training.accumulation):
            inputs, targets = batches.draw(state.step, state.micro)
            for edit_batch in pipeline.edit_batch:
                inputs, targets = edit_batch(inputs, targets, state)
            with pipeline.forward_context(state):
                logits = state.network(inputs)
                loss = next_token_loss(logits, targets)
            losses.append(loss.detach())
            for edit_loss in pipeline.edit_loss:
                loss = edit_loss(loss, logits, targets, state)
            (loss / training.accumulation if training.accumulation > 1 else loss).backward()  # type: ignore[no-untyped-call]
        state.apart = False
        if state.team.size > 1:  # weights that follow from common gradients must not follow from different chance
            start_dropout_stream(state.seed, state.step, state.device)
        for hook in pipeline.after_backward:
            hook(state)
        gradient_norm = torch.nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
        good = gradient_norm.isfinite()
        if state.gradient_norm is not None:
            gradient_norm, state.gradient_norm = state.gradient_norm, None
            good = good & gradient_norm.isfinite()
        for average, value in zip(averages, before, strict=True):
            average.copy_(torch.where(good, average, value))
        state.optimizer.found_inf = (~good).float()  # type: ignore[attr-defined]
        state.optimizer.step()
        for hook in pipeline.after_step:
            hook(state)
        state.optimizer.zero_grad(set_to_none=True)
        state.step += 1
        yield torch.stack(losses).mean() if len(losses) > 1 else losses[0], gradient_norm


def set_learning_rate(state: TrainingState, pipeline: Pipeline) -> None:
    """Gives the optimizer the learning rate of the step that comes next."""
    rate = learning_rate(state, pipeline, state.step)
    for group in state.optimizer.param_groups:
        group["lr"] = rate * group.get("lr_scale", 1.0)


def learning_rate(state: TrainingState, pipeline: Pipeline, step: int) -> float:
    """The learning rate of step number `step` (from 0)."""
    return state.experiment.training.learning_rate * pipeline.lr_factor(step, state.steps)
