"""Lets a model write: one token after the other, each drawn from the model's guess."""

from __future__ import annotations

from collections.abc import Callable

import torch

from gpulab.engine.evaluation import nothing
from gpulab.engine.randomness import torch_stream


@torch.no_grad()
def generate(
    model: torch.nn.Module,
    prompt: torch.Tensor,
    length: int,
    context_length: int,
    temperature: float,
    seed: int,
    step: int,
    check: Callable[[], None] = nothing,
) -> torch.Tensor:
    """`length` further tokens after `prompt` (tokens,); what lies further back than the context is forgotten.

    `check` is called before each token and may raise to end the writing.
    """
    was_training = model.training
    model.eval()
    chance = torch_stream(seed, "sampling", step, device=prompt.device)
    tokens = prompt
    for _ in range(length):
        check()
        logits = model(tokens[None, -context_length:])[0, -1].float()
        likely = torch.softmax(logits / temperature, dim=-1)
        tokens = torch.cat([tokens, torch.multinomial(likely, 1, generator=chance)])
    model.train(was_training)
    return tokens[len(prompt) :]
