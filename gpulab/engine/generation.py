"""Lets a model write: one token after the other, each drawn from the model's guess."""

from __future__ import annotations

from collections.abc import Callable

import torch

from gpulab.engine.evaluation import nothing
from gpulab.engine.layers.cache import Cache
from gpulab.engine.randomness import torch_stream
from gpulab.engine.sampling import NotFinite, Sampling

__all__ = ["NotFinite", "Writer", "generate"]


class Writer:
    """Writes on after `prompt` (tokens,), a token at each call; what lies further back than the context is forgotten.

    With an empty `cache` of the model's own, each token is read once. Up to the context's end that gives the same
    logits but for rounding; there the cache begins again with the last half of the context, so that from then on the
    model sees between half of it and all of it. Tokens are drawn where `chance` is at home.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        prompt: torch.Tensor,
        context_length: int,
        sampling: Sampling,
        chance: torch.Generator,
        cache: Cache | None = None,
    ) -> None:
        self._model, self._context_length = model.eval(), context_length
        self._seen = prompt[-context_length:]
        self._sampling, self._chance, self.cache = sampling, chance, cache

    @torch.no_grad()
    def next(self) -> torch.Tensor:
        """The next token, shape (1,). Raises NotFinite where the model's numbers leave nothing to draw from."""
        logits = self._read()[0, -1].to(self._chance.device)
        token = self._sampling.draw(logits, self._chance).to(self._seen.device)
        self._seen = torch.cat([self._seen, token])[-self._context_length :]
        return token

    def _read(self) -> torch.Tensor:
        """The logits (1, read, vocabulary) after what was seen, as far as the cache lacks it."""
        cache = self.cache
        unread = len(self._seen) if cache is None or cache.length == 0 else 1
        if cache is not None and cache.length == self._context_length:
            cache.clear()  # learned positions do not slide: what is kept is numbered from its beginning
            unread = max(1, self._context_length // 2)
        read = self._seen[None, -unread:]
        logits: torch.Tensor = self._model(read) if cache is None else self._model(read, cache)
        return logits


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
    """`length` further tokens after `prompt` (tokens,), as `Writer` writes them.

    `check` is called before each token and may raise to end the writing. Raises NotFinite.
    """
    was_training = model.training
    chance = torch_stream(seed, "sampling", step, device=prompt.device)
    writer = Writer(model, prompt, context_length, Sampling(temperature), chance, cache)
    tokens = [prompt[:0]]
    try:
        for _ in range(length):
            check()
            tokens.append(writer.next())
    finally:
        model.train(was_training)
    return torch.cat(tokens)
