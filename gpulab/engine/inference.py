"""How fast finished models write and read: measured in turn, so that a slow moment of the machine hits all of them.

Writing is measured for one reader, its context full. Without a cache the whole context is read for every new token.
With one, reading the prompt fills the cache, and each token costs one position.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Hashable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import TypeVar

import torch

from gpulab.engine.device import wait_for
from gpulab.engine.evaluation import nothing
from gpulab.engine.layers.cache import Cache, cache_for

_ROUNDS = 15
_TOKENS = 8

Key = TypeVar("Key", bound=Hashable)
Work = Callable[[], object]


@torch.no_grad()
def writing_figures(
    models: Mapping[str, torch.nn.Module],
    context_length: int,
    device: torch.device,
    context: Callable[[], AbstractContextManager[object]],
    check: Callable[[], None] = nothing,
) -> dict[str, dict[str, float]]:
    """How fast each model writes, as entries for the run's summary; medians over interleaved rounds.

    `inference_tokens_per_s` is without a cache. Where the models' plan wants one there are besides, without it and
    with it: tokens of a prompt read in a second, seconds to the first token after that prompt (all of the context that
    the measured tokens leave), tokens written in a second, and the bytes of the cache when it holds the whole context.
    `check` is called between the measurements and may raise to end them.
    """
    tokens = torch.zeros((1, context_length), dtype=torch.int64, device=device)
    written = min(_TOKENS, context_length - 1)
    prompt = tokens[:, : context_length - written]
    works: dict[tuple[str, str], Work] = {}
    caches: dict[str, Cache] = {}
    for name, model in models.items():
        model.eval()
        works[name, "write"] = partial(_write, model, tokens)
        if (cache := cache_for(model)) is not None:
            caches[name] = cache
            works[name, "begin"] = partial(_begin, model, prompt)
            works[name, "begin_cached"] = partial(_begin, model, prompt, cache)
            works[name, "write_cached"] = partial(_write_on, model, tokens[:, :written], cache, prompt.shape[1])
    with context():
        seconds = _median_seconds(works, device, check)
        for name, cache in caches.items():  # the last round has left it full
            assert cache.length == context_length, name
    figures = {name: {"inference_tokens_per_s": _TOKENS / seconds[name, "write"]} for name in models}
    for name, cache in caches.items():
        plain, cached = (seconds[name, work] for work in ("begin", "begin_cached"))
        figures[name] |= {
            "cached_tokens_per_s": written / seconds[name, "write_cached"],
            "prefill_tokens_per_s": prompt.shape[1] / plain,
            "cached_prefill_tokens_per_s": prompt.shape[1] / cached,
            "first_token_s": plain,
            "cached_first_token_s": cached,
            "cache_bytes": cache.nbytes,
        }
    return figures


@torch.no_grad()
def forward_tokens_per_s(
    models: Mapping[str, torch.nn.Module],
    tokens: torch.Tensor,
    context: Callable[[], AbstractContextManager[object]],
    check: Callable[[], None] = nothing,
) -> dict[str, float]:
    """Tokens per second that each model reads as the batch `tokens` (batch, time); measured as writing is."""
    works = {name: partial(model.eval(), tokens) for name, model in models.items()}
    with context():
        seconds = _median_seconds(works, tokens.device, check)
    return {name: tokens.numel() / took for name, took in seconds.items()}


def _write(model: torch.nn.Module, tokens: torch.Tensor) -> None:
    """Writes `_TOKENS` tokens, reading the whole context for each."""
    for _ in range(_TOKENS):
        model(tokens)[0, -1].argmax()


def _begin(model: torch.nn.Module, prompt: torch.Tensor, cache: Cache | None = None) -> None:
    """Reads the prompt, into the cache where there is one, and writes the first token."""
    if cache is None:
        logits = model(prompt)
    else:
        cache.clear()
        logits = model(prompt, cache)
    logits[0, -1].argmax()


def _write_on(model: torch.nn.Module, tokens: torch.Tensor, cache: Cache, begin: int) -> None:
    """Writes as many tokens as `tokens` (1, written) holds, one position each, after the first `begin` of the cache."""
    cache.shorten(begin)
    for place in range(tokens.shape[1]):
        model(tokens[:, place : place + 1], cache)[0, -1].argmax()


def _median_seconds(works: Mapping[Key, Work], device: torch.device, check: Callable[[], None]) -> dict[Key, float]:
    """Seconds that each of `works` takes: medians over rounds in which they take turns."""
    seconds: dict[Key, list[float]] = {name: [] for name in works}
    for round_ in range(_ROUNDS + 1):
        for name, work in works.items():
            check()
            took = _time(work, device)
            if round_ > 0:  # the first round warms up
                seconds[name].append(took)
    return {name: statistics.median(times) for name, times in seconds.items()}


def _time(work: Work, device: torch.device) -> float:
    wait_for(device)
    began = time.perf_counter()
    work()
    wait_for(device)
    return time.perf_counter() - began
