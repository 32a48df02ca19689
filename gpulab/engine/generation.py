"""Lets a model write: one token after the other, each drawn from the model's guess."""

from __future__ import annotations

from collections.abc import Callable

import torch

from gpulab.engine.evaluation import nothing
from gpulab.engine.layers.cache import Cache
from gpulab.engine.randomness import torch_stream


class NotFinite(Exception):
    """The model's guess is no guess: among its numbers are some beyond all bounds."""


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
    cache: Cache | None = None,
) -> torch.Tensor:
    """`length` further tokens after `prompt` (tokens,); what lies further back than the context is forgotten.

    With an empty `cache` of the model's own, each token is read once. Up to the context's end that gives the same
    logits but for rounding; there the cache begins again with the last half of the context, so that from then on the
    model sees between half of it and all of it. `check` is called before each token and may raise to end the writing.
    Raises NotFinite where the model's numbers leave nothing to draw from.
    """
    was_training = model.training
    model.eval()
    chance = torch_stream(seed, "sampling", step, device=prompt.device)
    tokens = prompt
    try:
        for _ in range(length):
            check()
            logits = _read(model, tokens, context_length, cache)[0, -1].float()
            likely = torch.softmax(logits / temperature, dim=-1)
            if not likely.isfinite().all():
                raise NotFinite
            tokens = torch.cat([tokens, torch.multinomial(likely, 1, generator=chance)])
    finally:
        model.train(was_training)
    return tokens[len(prompt) :]


def _read(model: torch.nn.Module, tokens: torch.Tensor, context_length: int, cache: Cache | None) -> torch.Tensor:
    """The logits (1, read, vocabulary) after `tokens`, as far as the context reaches or the cache lacks them."""
    unread = min(len(tokens), context_length) if cache is None or cache.length == 0 else 1
    if cache is not None and cache.length == context_length:
        cache.clear()  # learned positions do not slide: what is kept is numbered from its beginning
        unread = max(1, context_length // 2)
    read = tokens[None, -unread:]
    logits: torch.Tensor = model(read) if cache is None else model(read, cache)
    return logits
