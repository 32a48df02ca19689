"""How fast finished models write and read: measured in turn, so that a slow moment of the machine hits all of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import torch

from gpulab.engine.evaluation import nothing

_ROUNDS = 15
_TOKENS = 8

Work = Callable[[torch.nn.Module], object]


@torch.no_grad()
def decode_tokens_per_s(
    models: Mapping[str, torch.nn.Module],
    context_length: int,
    device: torch.device,
    context: Callable[[], AbstractContextManager[object]],
    check: Callable[[], None] = nothing,
) -> dict[str, float]:
    """Tokens per second that each model writes for one reader, its context full; medians over interleaved rounds.

    The whole context is read for every new token: there is no cache of keys and values. `check` is called between
    the measurements and may raise to end them.
    """
    tokens = torch.zeros((1, context_length), dtype=torch.int64, device=device)

    def write(model: torch.nn.Module) -> None:
        for _ in range(_TOKENS):
            model(tokens)[0, -1].argmax()

    with context():
        seconds = _median_seconds(models, write, device, check)
    return {name: _TOKENS / took for name, took in seconds.items()}


@torch.no_grad()
def forward_tokens_per_s(
    models: Mapping[str, torch.nn.Module],
    tokens: torch.Tensor,
    context: Callable[[], AbstractContextManager[object]],
    check: Callable[[], None] = nothing,
) -> dict[str, float]:
    """Tokens per second that each model reads as the batch `tokens` (batch, time); measured as writing is."""
    with context():
        seconds = _median_seconds(models, lambda model: model(tokens), tokens.device, check)
    return {name: tokens.numel() / took for name, took in seconds.items()}


def _median_seconds(
    models: Mapping[str, torch.nn.Module], work: Work, device: torch.device, check: Callable[[], None]
) -> dict[str, float]:
    """Seconds that `work` takes with each model: medians over rounds in which the models take turns."""
    seconds: dict[str, list[float]] = {name: [] for name in models}
    for model in models.values():
        model.eval()
    for round_ in range(_ROUNDS + 1):
        for name, model in models.items():
            check()
            took = _time(model, work, device)
            if round_ > 0:  # the first round warms up
                seconds[name].append(took)
    return {name: statistics.median(times) for name, times in seconds.items()}


def _time(model: torch.nn.Module, work: Work, device: torch.device) -> float:
    _wait(device)
    began = time.perf_counter()
    work(model)
    _wait(device)
    return time.perf_counter() - began


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
